"""Log lines on stderr, for people or as JSON, from the standard library's loggers.

Modules log by `logging.getLogger("svcdns...")`.

No process waits for whoever reads the lines: a supervisor that waited would answer no probe, and a worker
no query.
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

from svcdns import printable_text

LogFormat = Literal["text", "json"]

STDERR = 2
"""The file descriptor of stderr."""
WRITE_TIMEOUT = 0.1
"""Seconds that a line may take to be written."""
RETRY_TIMEOUT = 0.005
"""Seconds that a line may take if the one before it was lost: many lines must not add up to a wait."""


def configure(level: str, log_format: LogFormat) -> None:
    """Send all loggers' records of this level (`debug`, ..., `error`) and above to stderr."""
    handler = _StderrHandler(_reopen_pipe(STDERR))
    handler.setFormatter(
        _JsonFormatter() if log_format == "json" else _TextFormatter(is_colored=os.isatty(STDERR))
    )
    # `force`: a child process configures once more what its parent has configured.
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)

    # It logs each change of a watched folder: a log file in there would feed itself.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)


@functools.cache
def _reopen_pipe(descriptor: int) -> int:
    """A descriptor of the same pipe on which no write waits; anything but a pipe as it is.

    O_NONBLOCK on the descriptor itself would change it for other programs that have the same pipe. Files
    and terminals keep nobody waiting, or not for long.
    """
    with contextlib.suppress(OSError):
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return descriptor


class _StderrHandler(logging.Handler):
    """Writes lines. It counts those that nobody takes, and writes the count as the next line."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._writable_poll = select.poll()
        self._writable_poll.register(descriptor, select.POLLOUT)
        self._unfinished = b""
        """The end of a line that did not fit into the pipe; it must come before any other line."""
        self._lost_count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it as lost."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            if self._lost_count:
                line = f"{self.format(_lost_lines_record(self._lost_count))}\n".encode() + line
        except Exception:  # as the library's own handlers do
            self.handleError(record)
            return

        self._unfinished = self._write(self._unfinished)
        unwritten = line if self._unfinished else self._write(line)
        if unwritten == line:
            self._lost_count += 1
        else:
            # A part of it is out, so all of it will be: no reader sees a line that is cut.
            self._unfinished = unwritten
            self._lost_count = 0

    def _write(self, data: bytes) -> bytes:
        """Write as much as there is room for; returns what was not written."""
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
    """One JSON object for each line; a traceback is one of its values."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        fields = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": _format_time(record),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return printable_text.escape_json(json.dumps(fields, ensure_ascii=False))


class _TextFormatter(logging.Formatter):
    """Time, level, what happened and the logger; a traceback follows on lines of its own."""

    def __init__(self, is_colored: bool) -> None:
        super().__init__()
        self._is_colored = is_colored

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        level = f"{record.levelname.lower():<9}"
        event = printable_text.escape(record.getMessage())
        if self._is_colored:
            level = f"{_color(record.levelno)}{level}{_RESET}"
            event = f"{_BOLD}{event}{_RESET}"

        line = f"{_format_time(record)} [{level}] {event} [{record.name}]"
        if not record.exc_info:
            return line
        # A message within may be of a library, about what came from outside.
        return f"{line}\n{printable_text.escape_lines(self.formatException(record.exc_info))}"


# Select graphic rendition, as the colors below (ECMA-48 8.3.117).
_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"


def _color(level: int) -> str:
    """Red for errors, yellow for warnings, green for everything else."""
    if level >= logging.ERROR:
        return "\x1b[31m"
    return "\x1b[33m" if level >= logging.WARNING else "\x1b[32m"


def _format_time(record: logging.LogRecord) -> str:
    """The time of a record in UTC, as RFC 3339 writes it."""
    when = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    return f"{when.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
