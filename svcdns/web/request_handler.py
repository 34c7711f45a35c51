"""One connection's HTTP, as aiohttp speaks it: bounds on what is read, and what a client learns of mistakes.

aiohttp's own error pages name the library and its version, and repeat the request. Ours say what is wrong,
and no more.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from svcdns.http.aiohttp_server import http_exceptions, web
from svcdns.rate_limited_log import RateLimitedLogger

MAX_LINE_BYTES = 4096
"""Bytes of a request's first line, and of each of its headers: half of aiohttp's bound, and ample here."""
MAX_HEADERS = 32
"""Headers of a request; an API server sends about ten."""
READ_BUFFER_BYTES = 32 << 10
"""Bytes that are read from a connection at once: enough for most AdmissionReviews."""
LINGER_TIMEOUT = 1.0
"""Seconds in which the remaining body of a refused request is read, so that the client sees the answer."""
SERVER_HEADER = "svcdns"
"""The header Server of all answers; aiohttp's would have its own version and Python's."""


class BoundedRequestHandler(web.RequestHandler):
    """aiohttp's handler of a connection, with bounds, and with other pages for mistakes."""

    # The base has slots: without this, each connection would get a dict as well.
    __slots__ = ()

    def __init__(self, server: web.Server, idle_timeout: float, error_log: "RequestErrorLog") -> None:
        """`idle_timeout` is in seconds, between two requests; all connections share `error_log`."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            # aiohttp's would have a line for each probe.
            access_log=None,  # type: ignore[arg-type]
            logger=error_log,  # type: ignore[arg-type]  # it does what a logger does
            keepalive_timeout=idle_timeout,
            lingering_time=LINGER_TIMEOUT,
            # A few bytes of gzip can become gigabytes.
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
        """A page with the status alone; only the log says what is wrong."""
        # aiohttp's own answer is dropped; the call writes the log line.
        super().handle_error(request, status, exc, message)
        return _error_page(status)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; aiohttp's own to an unknown `Expect` would repeat that header."""
        # This one does not pass through `handle_error`.
        if isinstance(resp, web.HTTPExpectationFailed):
            resp = _error_page(resp.status)
        return await super().finish_response(request, resp, start_time)


def _error_page(status: int) -> web.Response:
    page = web.Response(
        status=status, text=f"{HTTPStatus(status).phrase}\n", headers={"Server": SERVER_HEADER}
    )
    # After a mistake it is unclear where the next request begins.
    page.force_close()
    return page


class RequestErrorLog(RateLimitedLogger):
    """aiohttp's log: a client's mistake is one line, a mistake of ours has its traceback."""

    _CLIENT_ERRORS = (http_exceptions.HttpProcessingError, web.RequestPayloadError, OSError)

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Write one line, at level INFO if a client caused it."""
        error = kwargs.get("exc_info")
        # OSError too: a connection that broke is the client's, or the network's.
        if isinstance(error, self._CLIENT_ERRORS):
            # The error's own text may repeat the request: its type is enough.
            kwargs["exc_info"] = None
            level = logging.INFO
            msg = f"{msg}: {type(error).__name__}"
        super().log(level, msg, *args, **kwargs)
