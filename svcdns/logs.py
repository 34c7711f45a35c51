"""Log lines on stderr, for people or as JSON, from the standard library's loggers.

Modules log by `logging.getLogger("svcdns...")`.

No process waits for who reads the lines: one that did would answer no probe and replace nobody.
"""

import contextlib
import datetime
import functools
import json
import logging
import os
import select
import stat
import time
from typing import Literal

LogFormat = Literal["text", "json"]

STDERR = 2
WRITE_TIMEOUT, RETRY_TIMEOUT = 0.1, 0.005
"""Seconds for a line where the last one was taken, and where it was not."""


def configure(level: str, log_format: LogFormat) -> None:
    """Send all loggers' records of this level (`debug`, ..., `error`) and above to stderr."""
    handler = _StderrHandler(_reopen_pipe(STDERR))
    handler.setFormatter(
        _JsonFormatter() if log_format == "json" else _TextFormatter(is_colored=os.isatty(STDERR))
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # It tells each change of a watched folder: a log file there would feed itself.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)


@functools.cache
def _reopen_pipe(descriptor: int) -> int:
    """A pipe, opened once more so that no write waits here, while other programs have theirs as it was.

    What else there is keeps nobody waiting, or not for long: files and terminals.
    """
    with contextlib.suppress(OSError):
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return descriptor


class _StderrHandler(logging.Handler):
    """Writes lines; those that nobody takes are counted, and the count is the next line."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._writable_poll = select.poll()
        self._writable_poll.register(descriptor, select.POLLOUT)
        self._unfinished = b""
        """The rest of a line that was too long for the room that there was."""
        self._lost_count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            if self._lost_count:
                line = f"{self.format(_lost_lines_record(self._lost_count))}\n".encode() + line
        except Exception:  # as the library's own handlers do
            self.handleError(record)
            return
        self._unfinished = self._write(self._unfinished)
        left = line if self._unfinished else self._write(line)
        if left == line:
            self._lost_count += 1
        else:
            self._unfinished, self._lost_count = left, 0

    def _write(self, data: bytes) -> bytes:
        """What is left of it."""
        end = time.monotonic() + (RETRY_TIMEOUT if self._lost_count else WRITE_TIMEOUT)
        with contextlib.suppress(OSError):  # the reader is gone, or the disk is full
            while data and self._writable_poll.poll(max(0.0, 1000 * (end - time.monotonic()))):
                with contextlib.suppress(BlockingIOError):  # others write there too
                    data = data[os.write(self._descriptor, data) :]
        return data


def _lost_lines_record(lost_count: int) -> logging.LogRecord:
    text = "lines before this one that nobody took, and that are lost: %d"
    return logging.LogRecord("svcdns.logs", logging.WARNING, "", 0, text, (lost_count,), None)


class _JsonFormatter(logging.Formatter):
    """An object for each line, a traceback in it."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        said = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": _format_time(record),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


class _TextFormatter(logging.Formatter):
    """Time, level, what happened, logger; a traceback follows."""

    def __init__(self, is_colored: bool) -> None:
        super().__init__()
        self._is_colored = is_colored

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        level, event = f"{record.levelname.lower():<9}", _escape_unprintable(record.getMessage())
        if self._is_colored:
            level, event = f"{_color(record.levelno)}{level}{_RESET}", f"{_BOLD}{event}{_RESET}"
        line = f"{_format_time(record)} [{level}] {event} [{record.name}]"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


_RESET, _BOLD = "\x1b[0m", "\x1b[1m"
"""ECMA-48 8.3.117, as the colors."""


def _color(level: int) -> str:
    """Red for errors, yellow for warnings, green for what is well."""
    return "\x1b[31m" if level >= logging.ERROR else "\x1b[33m" if level >= logging.WARNING else "\x1b[32m"


def _format_time(record: logging.LogRecord) -> str:
    """RFC 3339."""
    when = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    return f"{when.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _escape_unprintable(text: str) -> str:
    """Names come from the network and from files: they can neither end a line nor steer a terminal."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
