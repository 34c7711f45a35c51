"""Requests to the API server: pages, watches, and few writes; every fault is a SourceError.

Bodies stay raw. kubernetes_asyncio sets no timeouts and raises for no status, so both are done here.
"""

import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeAlias

import aiohttp

from svcdns import __version__, errors
from svcdns.sources.apiserver import envelope
from svcdns.sources.apiserver.credentials import Credentials
from svcdns.sources.apiserver.envelope import Page
from svcdns.sources.apiserver.faults import Interrupted, Refused, Silent
from svcdns.sources.apiserver.lines import LineSplitter
from svcdns.sources.apiserver.session import Session
from svcdns.sources.apiserver.settings import Settings

Query: TypeAlias = Mapping[str, str]

_ERROR_BODY = 64 << 10


class Client:
    """One API server. To be used in one event loop, and closed."""

    def __init__(
        self, source: Credentials, settings: Settings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._session = Session(source, settings.credentials, clock)

    @property
    def generation(self) -> int:
        """Changes with the address or the certificates: it may be another cluster."""
        return self._session.generation

    async def pages(self, path: str) -> AsyncIterator[Page]:
        """A whole list, page by page."""
        token = ""
        while True:
            # No resourceVersion: "0" would be answered from a cache that may be old, and unpaged.
            query = {"limit": str(self._settings.page_objects)} | ({"continue": token} if token else {})
            page = envelope.page(await self.page(path, query))
            yield page
            token = page.metadata.continue_
            if not token:
                return

    async def page(self, path: str, query: Query) -> bytes:
        """The body of one GET, of bounded size and time."""
        times = aiohttp.ClientTimeout(total=self._settings.page, sock_connect=self._settings.connect)
        async with self._request("GET", path, times, query=query) as response:
            return await _body(response, self._settings.page_bytes)

    async def send(self, method: str, path: str, body: bytes, kind: str = "application/json") -> bytes:
        """The answer to one write, of bounded size and time; `kind` is the type of the body."""
        times = aiohttp.ClientTimeout(total=self._settings.page, sock_connect=self._settings.connect)
        async with self._request(method, path, times, body=body, kind=kind) as response:
            return await _body(response, self._settings.page_bytes)

    @contextlib.asynccontextmanager
    async def watch(
        self, path: str, version: str, seconds: float
    ) -> AsyncIterator[AsyncIterator[list[bytes]]]:
        """The lines of a watch, those together that come together; its silence is a fault (Silent).

        It goes on from a resourceVersion, and the API server ends it after so many seconds.
        """
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(max(1, round(seconds))),
        }
        times = aiohttp.ClientTimeout(
            total=None, sock_connect=self._settings.connect, sock_read=self._settings.quiet
        )
        async with self._request("GET", path, times, query=query) as response:
            yield self._lines(response)

    async def close(self) -> None:
        """End every connection."""
        await self._session.close()

    async def _lines(self, response: aiohttp.ClientResponse) -> AsyncIterator[list[bytes]]:
        splitter = LineSplitter(self._settings.line_bytes)
        try:
            async for chunk in response.content.iter_any():
                if lines := splitter.feed(chunk):
                    yield lines
        except aiohttp.SocketTimeoutError as error:
            raise Silent(f"a watch was silent for {self._settings.quiet:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Interrupted(f"a watch broke off: {_reason(error)}") from error

    @contextlib.asynccontextmanager
    async def _request(
        self,
        method: str,
        path: str,
        times: aiohttp.ClientTimeout,
        *,
        query: Query | None = None,
        body: bytes | None = None,
        kind: str = "",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        login, api = await self._session.current()
        url = (login.configuration.host or "").rstrip("/") + path
        headers = {"Accept": "application/json", "User-Agent": f"svcdns/{__version__}"}
        if login.token:
            headers["Authorization"] = login.token
        if kind:
            headers["Content-Type"] = kind
        rest = api.rest_client
        try:
            async with rest.pool_manager.request(
                method,
                url,
                params=query,
                data=body,
                headers=headers,
                timeout=times,
                proxy=rest.proxy,
                server_hostname=rest.server_hostname,
                allow_redirects=False,
            ) as response:
                if response.status not in (200, 201):
                    raise await self._refusal(response)
                yield response
        except (aiohttp.ClientError, OSError, ssl.SSLError, TimeoutError, ValueError) as error:
            raise errors.SourceError(f"{login.host}: {_reason(error)}") from error

    async def _refusal(self, response: aiohttp.ClientResponse) -> Refused:
        if response.status == 401:
            self._session.forget()
        body = await _body(response, _ERROR_BODY)
        said = envelope.status(body).message or response.reason or "no reason given"
        after = response.headers.get("Retry-After", "")
        return Refused(response.status, said[:500], float(after) if after.isdecimal() else None)


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > limit:
            raise errors.SourceError(f"an answer of the API server is larger than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
