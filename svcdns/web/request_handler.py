"""One connection's HTTP, as aiohttp speaks it: bounds on what is read, and what is told of mistakes.

aiohttp's own pages name the library and its version, and repeat what was asked; ours say what is wrong,
and no more.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from svcdns.http.aiohttp_server import http_exceptions, web
from svcdns.rate_limited_log import RateLimitedLogger

MAX_LINE_BYTES = 4096
"""Bytes of a request's line, and of each of its headers."""
MAX_HEADERS = 32
READ_BUFFER_BYTES = 32 << 10
"""Bytes that are read from a connection at once."""
LINGER_TIMEOUT = 1.0
"""Seconds in which the rest of a body is read that nobody wanted."""
SERVER_HEADER = "svcdns"
"""What all answers say of who made them."""


class BoundedRequestHandler(web.RequestHandler):
    """aiohttp's, with other pages where a request is none, or where we fail."""

    __slots__ = ()

    def __init__(self, server: web.Server, idle_timeout: float, error_log: "RequestErrorLog") -> None:
        """`idle`: seconds between two requests; `log` is that of all connections."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]
            logger=error_log,  # type: ignore[arg-type]  # it does what a logger does
            keepalive_timeout=idle_timeout,
            lingering_time=LINGER_TIMEOUT,
            auto_decompress=False,
            max_line_size=MAX_LINE_BYTES,
            max_field_size=MAX_LINE_BYTES,
            max_headers=MAX_HEADERS,
            read_bufsize=READ_BUFFER_BYTES,
        )

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is wrong is in the log alone."""
        super().handle_error(request, status, exc, message)
        return _error_page(status)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; aiohttp's to an unknown `Expect` would have that in it."""
        if isinstance(resp, web.HTTPExpectationFailed):
            resp = _error_page(resp.status)
        return await super().finish_response(request, resp, start_time)


def _error_page(status: int) -> web.Response:
    page = web.Response(
        status=status, text=f"{HTTPStatus(status).phrase}\n", headers={"Server": SERVER_HEADER}
    )
    page.force_close()
    return page


class RequestErrorLog(RateLimitedLogger):
    """aiohttp's log: a mistake of a client is a line, a mistake of ours has its traceback."""

    _CLIENT_ERRORS = (http_exceptions.HttpProcessingError, web.RequestPayloadError, OSError)

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """One line."""
        error = kwargs.get("exc_info")
        if isinstance(error, self._CLIENT_ERRORS):
            level, kwargs["exc_info"] = logging.INFO, None
            msg = f"{msg}: {type(error).__name__}"
        super().log(level, msg, *args, **kwargs)
