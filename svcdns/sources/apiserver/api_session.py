"""The connection to the API server, renewed when a file changes or the token expires.

kubernetes_asyncio makes it (TLS, proxy) from a login, once. This module follows what changes later.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from svcdns import errors, file_changes
from svcdns.sources.apiserver import kubernetes_library
from svcdns.sources.apiserver.credentials import Login, LoginSource

log = logging.getLogger("svcdns.apiserver")

_EXPIRY_MARGIN = 60.0  # seconds: a token is renewed so long before it expires, as clocks differ


class ApiSession:
    """The current login and its connections."""

    def __init__(self, login_source: LoginSource, check_interval: float, clock: Callable[[], float]) -> None:
        """The files are looked at once in `check_interval` seconds of `clock`."""
        self.generation = 0
        """A number that changes with the address or the certificates: it may be another cluster."""
        self._login_source = login_source
        self._check_interval = check_interval
        self._clock = clock
        self._login: Login | None = None
        self._api: kubernetes_library.ApiClient | None = None
        self._identities: file_changes.Identities | None = None
        self._last_check = 0.0
        self._renew_lock = asyncio.Lock()

    async def ensure_current(self) -> tuple[Login, kubernetes_library.ApiClient]:
        """Return the login and the client for the next request; raises SourceError."""
        # Several kinds ask at once; the first one renews the login for all.
        async with self._renew_lock:
            if self._login is None or self._api is None or self._is_out_of_date(self._login):
                await self._renew()
            assert self._login is not None  # noqa: S101 - for the type checker
            assert self._api is not None  # noqa: S101 - for the type checker
            return self._login, self._api

    async def _renew(self) -> None:
        # Before the files are read, or what is written meanwhile would never be read.
        identities = file_changes.identities(self._login_source.files)
        login = await self._login_source.load_login()

        previous = self._login if self._api is not None else None
        if previous is None or login.transport_digest != previous.transport_digest:
            await self._connect(login)

        # TLS has read them now, and keys should not lie about in files.
        kubernetes_library.delete_temporary_key_files()
        self._login = login
        self._identities = identities

    async def _connect(self, login: Login) -> None:
        """Open a session for another address or other certificates."""
        try:
            api = kubernetes_library.create_client(login.configuration)
        except (OSError, ValueError) as error:
            raise errors.SourceError(
                f"{login.description}: its certificates cannot be used: {error}"
            ) from error

        previous_api = self._api
        self._api = api
        self.generation += 1
        if previous_api is not None:
            log.info("the certificates or the address of the API server changed: connecting anew")
            await previous_api.close()

        if proxy := api.rest_client.proxy:
            # Without the user and the password that may stand before the @.
            log.info("requests to the API server go through the proxy %s", proxy.rpartition("@")[2])

    def _is_out_of_date(self, login: Login) -> bool:
        if self._identities is None:
            return True

        # By the wall clock, since that is what the exec plugin states.
        if login.expires_at is not None and login.expires_at - time.time() < _EXPIRY_MARGIN:
            return True

        now = self._clock()
        if now - self._last_check < self._check_interval:
            return False

        self._last_check = now
        return file_changes.identities(self._login_source.files) != self._identities

    def invalidate_login(self) -> None:
        """Load another login before the next request: this one was refused."""
        self._identities = None

    async def close(self) -> None:
        """Close every connection."""
        if self._api is not None:
            await self._api.close()
