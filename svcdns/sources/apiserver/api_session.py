"""The connection to the API server, renewed where a file changed or the token ends.

kubernetes_asyncio makes it (TLS, proxy) from a login, once: what changes later is seen to here.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from svcdns import errors, file_changes
from svcdns.sources.apiserver import kubernetes_library
from svcdns.sources.apiserver.credentials import Login, LoginSource

log = logging.getLogger("svcdns.apiserver")

_EXPIRY_MARGIN = 60.0


class ApiSession:
    """The login and its connections; `look` is the least time between two looks at the files."""

    def __init__(self, login_source: LoginSource, check_interval: float, clock: Callable[[], float]) -> None:
        self.generation = 0
        """Changes with the address or the certificates: it may be another cluster."""
        self._login_source = login_source
        self._check_interval = check_interval
        self._clock = clock
        self._login: Login | None = None
        self._api: kubernetes_library.ApiClient | None = None
        self._identities: file_changes.Identities | None = None
        self._last_check = 0.0
        self._renew_lock = asyncio.Lock()

    async def ensure_current(self) -> tuple[Login, kubernetes_library.ApiClient]:
        """As they are to be used for the next request; raises SourceError."""
        async with self._renew_lock:
            if self._login is None or self._api is None or self._is_out_of_date(self._login):
                identities = file_changes.identities(self._login_source.files)
                fresh = await self._login_source.load_login()
                if (
                    self._api is None
                    or self._login is None
                    or fresh.transport_digest != self._login.transport_digest
                ):
                    await self._connect(fresh)
                kubernetes_library.delete_temporary_key_files()
                self._login, self._identities = fresh, identities
            assert self._api is not None  # noqa: S101 - for the type checker
            return self._login, self._api

    async def _connect(self, login: Login) -> None:
        """Another session, for another address or other certificates."""
        try:
            api = kubernetes_library.create_client(login.configuration)
        except (OSError, ValueError) as error:
            raise errors.SourceError(
                f"{login.description}: its certificates cannot be used: {error}"
            ) from error
        old, self._api = self._api, api
        self.generation += 1
        if old is not None:
            log.info("the certificates or the address of the API server changed: connecting anew")
            await old.close()
        if proxy := api.rest_client.proxy:
            log.info("requests to the API server go through the proxy %s", proxy.rpartition("@")[2])

    def _is_out_of_date(self, login: Login) -> bool:
        if self._identities is None:
            return True
        if login.expires_at is not None and login.expires_at - time.time() < _EXPIRY_MARGIN:
            return True
        now = self._clock()
        if now - self._last_check < self._check_interval:
            return False
        self._last_check = now
        return file_changes.identities(self._login_source.files) != self._identities

    def invalidate_login(self) -> None:
        """The login was refused: another one before the next request."""
        self._identities = None

    async def close(self) -> None:
        """End every connection."""
        if self._api is not None:
            await self._api.close()
