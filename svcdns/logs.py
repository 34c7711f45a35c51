"""Log lines on stderr, for people or as JSON, from the standard library's loggers.

Modules log by `logging.getLogger("svcdns...")`; structlog renders. It is imported with the first
line that is written, so that a worker that has nothing to say does not pay its 10 MB.
"""

import logging
import sys
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

Format = Literal["text", "json"]


def setup(level: str, form: Format) -> None:
    """Send all loggers' records of this level (`debug`, ..., `error`) and above to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(form, colors=sys.stderr.isatty()))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # It tells each change of a watched folder: a log file there would feed itself.
    logging.getLogger("watchfiles").setLevel(logging.WARNING)


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
