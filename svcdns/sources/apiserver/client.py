"""Requests to the API server: pages of lists and the bytes of watches.

Everything has a time and a size limit, every fault is a SourceError (`faults`), and credentials are
loaded again before the request that needs it: when one of their files changed, an exec plugin's
token is about to expire, or the API server answered 401.
"""

import asyncio
import logging
import ssl
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import aiohttp

import svcdns
from svcdns import errors
from svcdns.sources.apiserver import credentials, decode, faults, library
from svcdns.sources.apiserver.settings import Settings
from svcdns.sources.apiserver.status import Troubles

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger("svcdns.apiserver")

_HEADERS = {
    "Accept": "application/json",
    # The API server gzips long lists, for which it and we would pay more than for the bytes; and the
    # limit of a page is one of memory.
    "Accept-Encoding": "identity",
}
_ERROR_BYTES = 64 << 10
_EXPIRY_MARGIN = 60.0


class Client:
    """One API server; use within one event loop, close at the end (it opens again when used)."""

    def __init__(
        self,
        source: credentials.Credentials,
        settings: Settings,
        troubles: Troubles,
        *,
        strict_certificates: bool,
    ) -> None:
        self._source = source
        self._settings = settings
        self._troubles = troubles
        self._strict = strict_certificates
        self._lock = asyncio.Lock()
        self._api: library.ApiClient | None = None
        self._login: credentials.Login | None = None
        self._stamps: tuple[object, ...] = ()
        self._look_at = 0.0
        self.epoch = 0
        """Counts the transports; a resourceVersion of an earlier one may be another cluster's."""

    async def close(self) -> None:
        """Close all connections."""
        api, self._api, self._login = self._api, None, None
        if api:
            await api.close()

    async def pages(self, path: str) -> AsyncIterator[decode.Page]:
        """List `path` whole, in pages; raises SourceError, Expired where a page came too late."""
        # No resourceVersion: the newest state, in pages of one snapshot. resourceVersion=0 would be
        # answered from a watch cache of any age, so that a replica that moves to an API server
        # behind the others would go back in time; and it ignores `limit`, all in one body.
        params = {"limit": str(self._settings.page_objects)}
        timeout = aiohttp.ClientTimeout(
            total=self._settings.page,
            sock_connect=self._settings.connect,
        )
        while True:
            response = await self._request(path, params, timeout)
            try:
                body = await self._body(response, self._settings.page_bytes)
            finally:
                response.release()
            page = decode.page(body)
            del body  # it lives as long as the page's raw items, not longer
            yield page
            if not page.metadata.continue_:
                return
            params["continue"] = page.metadata.continue_

    @asynccontextmanager
    async def watch(self, path: str, params: Mapping[str, str]) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a watch: its bytes as they come. Entered when the API server has accepted it."""
        timeout = aiohttp.ClientTimeout(sock_connect=self._settings.connect, sock_read=self._settings.silence)
        response = await self._request(path, {**params, "watch": "true"}, timeout)
        try:
            yield self._chunks(response)
        finally:
            response.close()

    async def _chunks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        with self._translated():
            async for chunk in response.content.iter_any():
                yield chunk

    async def _body(self, response: aiohttp.ClientResponse, limit: int) -> bytes:
        body = bytearray()
        with self._translated():
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise errors.SourceError(f"the answer to {response.url.path} is over {limit} bytes")
        return bytes(body)

    async def _request(
        self, path: str, params: Mapping[str, str], timeout: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        login = await self._current()
        response = await self._send(login, path, params, timeout)
        if response.status == 401:
            renewed = await self._renewed(login)
            if renewed is not None:
                response.close()
                response = await self._send(renewed, path, params, timeout)
        if response.status == 200:
            return response
        try:
            body = await self._body(response, _ERROR_BYTES)
        finally:
            response.close()
        raise faults.refused(path, decode.status(body), response.status, response.headers.get("Retry-After"))

    async def _send(
        self,
        login: credentials.Login,
        path: str,
        params: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,
    ) -> aiohttp.ClientResponse:
        headers = {**_HEADERS, "Authorization": login.token} if login.token else dict(_HEADERS)
        if self._api is None:
            raise faults.Unreachable("the client was closed")
        with self._translated():
            response: aiohttp.ClientResponse = await self._api.call_api(
                path,
                "GET",
                query_params=list(params.items()),
                header_params=headers,
                _preload_content=False,
                _request_timeout=timeout,
            )
        return response

    async def _current(self) -> credentials.Login:
        """Return the login, loaded anew where its files changed or it is about to expire."""
        async with self._lock:
            now = time.monotonic()
            if self._login is None:
                await self._load()
            elif now >= self._look_at:
                self._look_at = now + self._settings.credentials
                changed = credentials.stamps(self._source.files) != self._stamps
                expires = self._login.expires
                if changed or (expires is not None and expires - time.time() < _EXPIRY_MARGIN):
                    try:
                        await self._load()
                    except errors.SourceError as error:
                        self._troubles.warn(f"{error}; the credentials of before are used on")
            assert self._login is not None  # noqa: S101 - _load sets it or raises
            return self._login

    async def _renewed(self, rejected: credentials.Login) -> credentials.Login | None:
        """Load anew after a 401; None where that gives the very credentials that were rejected."""
        async with self._lock:
            if self._login is rejected:  # else another request has done it
                await self._load()
            login = self._login
        if login is None or (login.token, login.transport) == (rejected.token, rejected.transport):
            return None
        return login

    async def _load(self) -> None:
        stamps = credentials.stamps(self._source.files)
        login = await self._source.login()
        old = None
        try:
            if self._api is None or self._login is None or login.transport != self._login.transport:
                old, self._api = self._api, self._connected(login.configuration)
                self.epoch += 1
        finally:
            # The keys that stand in a kubeconfig were written to files, for the TLS context to read.
            library.kube_config._cleanup_temp_files()
        self._login, self._stamps = login, stamps
        self._look_at = time.monotonic() + self._settings.credentials
        if old:
            await old.close()

    def _connected(self, configuration: library.Configuration) -> library.ApiClient:
        configuration.disable_strict_ssl_verification = not self._strict
        try:
            api = library.ApiClient(configuration)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise errors.SourceError(f"the CA or client certificate cannot be used: {error}") from error
        api.user_agent = f"svcdns/{svcdns.__version__}"
        host = configuration.host or ""
        proxy = configuration.proxy or _proxy(host)
        _log.info("API server %s%s", host, f" through the proxy {_shown(proxy)}" if proxy else "")
        if not configuration.verify_ssl:
            _log.warning("the certificate of %s is not checked (insecure-skip-tls-verify)", host)
        return api

    @contextmanager
    def _translated(self) -> "Iterator[None]":
        """Turn what aiohttp raises into the faults of this package."""
        host = self._login.configuration.host if self._login else ""
        try:
            yield
        except aiohttp.SocketTimeoutError as error:
            raise faults.Silent(f"{host} is silent: {error}") from error
        except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
            text = f"no connection to {host}: {error or type(error).__name__}"
            if self._strict and "certificate verify failed" in text:
                text += " (a CA made by an old cluster may need strict_certificates: false)"
            raise faults.Unreachable(text) from error


def _proxy(url: str) -> str | None:
    parts = urllib.parse.urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def _shown(proxy: str) -> str:
    """Return the proxy's address without its password."""
    parts = urllib.parse.urlsplit(proxy)
    return f"{parts.scheme}://{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
