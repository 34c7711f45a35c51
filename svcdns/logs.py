"""Log lines on stderr, for people or as JSON, from the standard library's loggers.

Modules log by `logging.getLogger("svcdns...")`; structlog renders. It is imported with the first
line that is written, so that a worker that has nothing to say does not pay its 10 MB.

No process waits for who reads the lines: one that did would answer no probe and replace nobody.
"""

import contextlib
import functools
import logging
import os
import select
import stat
import time
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

Format = Literal["text", "json"]

STDERR = 2
PATIENCE, BRIEFLY = 0.1, 0.005
"""Seconds for a line where the last one was taken, and where it was not."""


def setup(level: str, form: Format) -> None:
    """Send all loggers' records of this level (`debug`, ..., `error`) and above to stderr."""
    handler = _Handler(_own_end(STDERR))
    handler.setFormatter(_Formatter(form, colors=os.isatty(STDERR)))
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


class _Formatter(logging.Formatter):
    """structlog's, made when it is first needed."""

    def __init__(self, form: Format, colors: bool) -> None:
        super().__init__()
        self._form: Format = form
        self._colors = colors
        self._renderer: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        """One record as a line; a traceback follows it in text, and is a key in JSON."""
        if self._renderer is None:
            self._renderer = _renderer(self._form, self._colors)
        return self._renderer.format(record)


def _renderer(form: Format, colors: bool) -> logging.Formatter:
    import structlog

    common: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[Processor] = (
        [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
        if form == "json"
        else [
            _one_line,
            structlog.dev.ConsoleRenderer(
                colors=colors, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=common, processors=[remove, *rendering])


def _one_line(_: "WrappedLogger", __: str, event: "EventDict") -> "EventDict":
    """Names come from the network and from files: they can neither end a line nor steer a terminal."""
    event["event"] = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(event["event"]))
    return event
