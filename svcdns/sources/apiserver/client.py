"""Requests to the API server: pages, watches, and few writes; every fault is a SourceError.

kubernetes_asyncio makes the session (TLS, proxy) from a login; bodies stay raw. It sets no timeouts
and raises for no status, so both are done here.
"""

import asyncio
import contextlib
import logging
import os
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeAlias

from svcdns import __version__, errors
from svcdns.http import aiohttp
from svcdns.sources.apiserver import credentials, decode, library
from svcdns.sources.apiserver.credentials import Credentials, Login
from svcdns.sources.apiserver.settings import Settings

log = logging.getLogger("svcdns.apiserver")

Query: TypeAlias = Mapping[str, str]

_EXPIRY_MARGIN = 60.0
_ERROR_BODY = 64 << 10


class Refused(errors.SourceError):
    """The API server answered, but with an error: an HTTP status, or an ERROR event of a watch."""

    def __init__(self, code: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"the API server refused ({code}): {message}")
        self.code = code
        self.retry_after = retry_after


class Interrupted(errors.SourceError):
    """A watch that was established broke off: a restart or a change of the network, by itself no fault."""


class Silent(errors.SourceError):
    """A watch said nothing for longer than its bookmarks are apart."""


class Client:
    """One API server. To be used in one event loop, and closed."""

    def __init__(
        self, source: Credentials, settings: Settings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.generation = 0
        """Changes with the address or the certificates: it may be another cluster."""
        self._credentials = source
        self._settings = settings
        self._clock = clock
        self._login: Login | None = None
        self._api: library.ApiClient | None = None
        self._stamps: object = None
        self._looked = 0.0
        self._renewing = asyncio.Lock()

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
    async def stream(self, path: str, query: Query) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of a watch as they come; its silence is a fault (Silent)."""
        times = aiohttp.ClientTimeout(
            total=None, sock_connect=self._settings.connect, sock_read=self._settings.quiet
        )
        async with self._request("GET", path, times, query=query) as response:
            yield self._chunks(response)

    async def close(self) -> None:
        """End every connection."""
        if self._api is not None:
            await self._api.close()

    async def _chunks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.content.iter_any():
                yield chunk
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
        login, api = await self._session()
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
            raise errors.SourceError(f"{_host(login)}: {_reason(error)}") from error

    async def _refusal(self, response: aiohttp.ClientResponse) -> Refused:
        if response.status == 401:
            self._stamps = None  # another login before the next request
        body = await _body(response, _ERROR_BODY)
        said = decode.status(body).message or response.reason or "no reason given"
        after = response.headers.get("Retry-After", "")
        return Refused(response.status, said[:500], float(after) if after.isdecimal() else None)

    async def _session(self) -> tuple[Login, library.ApiClient]:
        """The login and its session, renewed where a file changed or the token ends."""
        async with self._renewing:
            if self._login is None or self._api is None or self._out_of_date(self._login):
                stamps = credentials.stamps(self._credentials.files)
                fresh = await self._credentials.login()
                if self._api is None or self._login is None or fresh.transport != self._login.transport:
                    await self._connect(fresh)
                library.forget_files()
                self._login, self._stamps = fresh, stamps
            assert self._api is not None  # noqa: S101 - for the type checker
            return self._login, self._api

    async def _connect(self, fresh: Login) -> None:
        """Another session, for another address or other certificates."""
        try:
            api = library.ApiClient(configuration=fresh.configuration)
        except (OSError, ValueError) as error:
            raise errors.SourceError(f"{_host(fresh)}: its certificates cannot be used: {error}") from error
        old, self._api = self._api, api
        self.generation += 1
        if old is not None:
            log.info("the certificates or the address of the API server changed: connecting anew")
            await old.close()
        _tell_proxy(fresh)

    def _out_of_date(self, login: Login) -> bool:
        if self._stamps is None:
            return True
        if login.expires is not None and login.expires - time.time() < _EXPIRY_MARGIN:
            return True
        now = self._clock()
        if now - self._looked < self._settings.credentials:
            return False
        self._looked = now
        return credentials.stamps(self._credentials.files) != self._stamps


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > limit:
            raise errors.SourceError(f"an answer of the API server is larger than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def _host(login: Login) -> str:
    return f"the API server {login.configuration.host}"


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__


def _tell_proxy(login: Login) -> None:
    names = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
    proxy = login.configuration.proxy or next(
        (os.environ[name] for name in names if os.environ.get(name)), None
    )
    if proxy:
        log.info("requests to the API server go through the proxy %s", proxy.rpartition("@")[2])
