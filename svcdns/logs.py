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

Format = Literal["text", "json"]

STDERR = 2
PATIENCE, BRIEFLY = 0.1, 0.005
"""Seconds for a line where the last one was taken, and where it was not."""


def setup(level: str, form: Format) -> None:
    """Send all loggers' records of this level (`debug`, ..., `error`) and above to stderr."""
    handler = _Handler(_own_end(STDERR))
    handler.setFormatter(_Json() if form == "json" else _Text(colored=os.isatty(STDERR)))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # It tells each change of a watched folder: a log file there would feed itself.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)


@functools.cache
def _own_end(descriptor: int) -> int:
    """A pipe, opened once more so that no write waits here, while other programs have theirs as it was.

    What else there is keeps nobody waiting, or not for long: files and terminals.
    """
    with contextlib.suppress(OSError):
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return descriptor


class _Handler(logging.Handler):
    """Writes lines; those that nobody takes are counted, and the count is the next line."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._room = select.poll()
        self._room.register(descriptor, select.POLLOUT)
        self._begun = b""
        """The rest of a line that was too long for the room that there was."""
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            if self._lost:
                line = f"{self.format(_told(self._lost))}\n".encode() + line
        except Exception:  # as the library's own handlers do
            self.handleError(record)
            return
        self._begun = self._written(self._begun)
        left = line if self._begun else self._written(line)
        if left == line:
            self._lost += 1
        else:
            self._begun, self._lost = left, 0

    def _written(self, data: bytes) -> bytes:
        """What is left of it."""
        end = time.monotonic() + (BRIEFLY if self._lost else PATIENCE)
        with contextlib.suppress(OSError):  # the reader is gone, or the disk is full
            while data and self._room.poll(max(0.0, 1000 * (end - time.monotonic()))):
                with contextlib.suppress(BlockingIOError):  # others write there too
                    data = data[os.write(self._descriptor, data) :]
        return data


def _told(lost: int) -> logging.LogRecord:
    text = "lines before this one that nobody took, and that are lost: %d"
    return logging.LogRecord("svcdns.logs", logging.WARNING, "", 0, text, (lost,), None)


class _Json(logging.Formatter):
    """An object for each line, a traceback in it."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        said = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": _time(record),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


class _Text(logging.Formatter):
    """Time, level, what happened, logger; a traceback follows."""

    def __init__(self, colored: bool) -> None:
        super().__init__()
        self._colored = colored

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        level, event = f"{record.levelname.lower():<9}", _one_line(record.getMessage())
        if self._colored:
            level, event = f"{_color(record.levelno)}{level}{_PLAIN}", f"{_BOLD}{event}{_PLAIN}"
        line = f"{_time(record)} [{level}] {event} [{record.name}]"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


_PLAIN, _BOLD = "\x1b[0m", "\x1b[1m"
"""ECMA-48 8.3.117, as the colors."""


def _color(level: int) -> str:
    """Red for errors, yellow for warnings, green for what is well."""
    return "\x1b[31m" if level >= logging.ERROR else "\x1b[33m" if level >= logging.WARNING else "\x1b[32m"


def _time(record: logging.LogRecord) -> str:
    """RFC 3339."""
    when = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    return f"{when.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _one_line(text: str) -> str:
    """Names come from the network and from files: they can neither end a line nor steer a terminal."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
