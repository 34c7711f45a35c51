"""Requests to the API server: pages, watches, and few writes; every fault is a SourceError.

Bodies stay raw.
"""

import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeAlias

from svcdns import __version__, errors
from svcdns.http import aiohttp
from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.api_errors import (
    RequestRefusedError,
    WatchInterruptedError,
    WatchSilentError,
)
from svcdns.sources.apiserver.api_session import ApiSession
from svcdns.sources.apiserver.envelope import ListPage
from svcdns.sources.apiserver.line_splitter import LineSplitter
from svcdns.sources.apiserver.login.credentials import LoginSource
from svcdns.sources.apiserver.options import ApiServerOptions

QueryParameters: TypeAlias = Mapping[str, str]

_MAX_ERROR_BYTES = 64 << 10  # a Status is some hundred bytes; a proxy's error page may be more
_MAX_MESSAGE_CHARACTERS = 500  # of a refusal, in the log


class ApiServerClient:
    """One API server; use it in one event loop, and close it."""

    def __init__(
        self,
        login_source: LoginSource,
        options: ApiServerOptions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._page_timeout = aiohttp.ClientTimeout(
            total=options.page_timeout, sock_connect=options.connect_timeout
        )
        self._session = ApiSession(login_source, options.credentials_check_interval, clock)

    @property
    def generation(self) -> int:
        """Changes with the address or the certificates: it may be another cluster."""
        return self._session.generation

    async def iter_pages(self, path: str) -> AsyncIterator[ListPage]:
        """Yield a whole list, page by page."""
        token = ""
        while True:
            # No resourceVersion: "0" would be answered from a cache that may be old, and unpaged.
            query = {"limit": str(self._options.page_objects)} | ({"continue": token} if token else {})
            page = envelope.decode_page(await self.fetch_page(path, query))
            yield page

            token = page.metadata.continue_
            if not token:
                return

    async def fetch_page(self, path: str, query: QueryParameters) -> bytes:
        """Return the body of one GET, of bounded size and time."""
        async with self._request("GET", path, self._page_timeout, query=query) as response:
            return await _read_body(response, self._options.max_page_bytes)

    async def send_write(
        self, method: str, path: str, body: bytes, content_type: str = "application/json"
    ) -> bytes:
        """Return the answer to one write, of bounded size and time; `content_type` is that of the body."""
        async with self._request(
            method, path, self._page_timeout, body=body, content_type=content_type
        ) as response:
            return await _read_body(response, self._options.max_page_bytes)

    @contextlib.asynccontextmanager
    async def open_watch(
        self, path: str, resource_version: str, seconds: float
    ) -> AsyncIterator[AsyncIterator[list[bytes]]]:
        """Open a watch: yields its lines, those together that arrived together.

        The watch begins after `resource_version`, and the API server ends it after `seconds`. Silence is a
        WatchSilentError.
        """
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            # 0 would be no limit of ours but the API server's own.
            "timeoutSeconds": str(max(1, round(seconds))),
        }
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=self._options.connect_timeout,
            # A proxy may accept a connection, and then say nothing of the one that it was asked for.
            connect=self._options.page_timeout,
            sock_read=self._options.watch_quiet_timeout,
        )
        async with self._request("GET", path, timeout, query=query) as response:
            yield self._iter_lines(response)

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def _iter_lines(self, response: aiohttp.ClientResponse) -> AsyncIterator[list[bytes]]:
        splitter = LineSplitter(self._options.max_line_bytes)

        try:
            async for chunk in response.content.iter_any():
                if lines := splitter.feed(chunk):
                    yield lines
        except aiohttp.SocketTimeoutError as error:
            raise WatchSilentError(
                f"a watch was silent for {self._options.watch_quiet_timeout:g} s"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise WatchInterruptedError(f"a watch broke off: {_describe_error(error)}") from error

    @contextlib.asynccontextmanager
    async def _request(
        self,
        method: str,
        path: str,
        timeout: aiohttp.ClientTimeout,
        *,
        query: QueryParameters | None = None,
        body: bytes | None = None,
        content_type: str = "",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        login, connection = await self._session.ensure_current()
        url = (login.configuration.host or "").rstrip("/") + path

        # A list of pairs, since the groups of `as-groups` have one header each.
        headers = [("Accept", "application/json"), ("User-Agent", f"svcdns/{__version__}"), *login.headers]
        if content_type:
            headers.append(("Content-Type", content_type))

        try:
            async with connection.session.request(
                method,
                url,
                params=query,
                data=body,
                headers=headers,
                timeout=timeout,
                proxy=connection.http_proxy,
                proxy_headers=connection.proxy_headers,
                server_hostname=connection.server_hostname,
                # The token must go to nobody but the API server of the configuration.
                allow_redirects=False,
            ) as response:
                if response.status not in (200, 201):
                    raise await self._to_refusal(response)
                yield response
        except (aiohttp.ClientError, OSError, ssl.SSLError, TimeoutError, ValueError) as error:
            way = f" through the proxy {connection.proxy_name}" if connection.proxy_name else ""
            raise errors.SourceError(f"{login.description}{way}: {_describe_error(error)}") from error

    async def _to_refusal(self, response: aiohttp.ClientResponse) -> RequestRefusedError:
        if response.status == 401:
            self._session.invalidate_login()

        body = await _read_body(response, _MAX_ERROR_BYTES)
        message = envelope.decode_status(body).message or response.reason or "no reason given"

        # Its other form, a date (RFC 9110 10.2.3), is one that no API server sends.
        retry_after = response.headers.get("Retry-After", "")
        return RequestRefusedError(
            response.status,
            message[:_MAX_MESSAGE_CHARACTERS],
            float(retry_after) if retry_after.isdecimal() else None,
        )


async def _read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    parts = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > limit:
            raise errors.SourceError(f"an answer of the API server is larger than {limit} bytes")
        parts.append(part)

    return b"".join(parts)


def _describe_error(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"

    # Some of aiohttp's errors have no text.
    return str(error) or type(error).__name__
