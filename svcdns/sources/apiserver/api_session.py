"""The connection to the API server, renewed when a file changes or the token expires.

`login` says who we are, and makes the connections. This module follows what changes later. A login that can
no longer be read costs nothing until the API server refuses the last one.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from svcdns import errors, file_changes
from svcdns.sources.apiserver.login import kubernetes_library, transport
from svcdns.sources.apiserver.login.credentials import Login, LoginSource
from svcdns.sources.apiserver.login.transport import Transport

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
        self._transport: Transport | None = None
        self._identities: file_changes.Identities | None = None
        self._renew_at: float | None = None
        """When the login is due for renewal by the wall clock, since that is what an exec plugin states."""
        self._last_check = 0.0
        self._renewal_error: str | None = None
        """Why the last renewal failed, while the login before it is still used."""
        self._remarks: tuple[str, ...] = ()
        self._renew_lock = asyncio.Lock()

    async def ensure_current(self) -> tuple[Login, Transport]:
        """Return the login and the connections for the next request; raises SourceError."""
        # Several kinds ask at once; the first one renews the login for all.
        async with self._renew_lock:
            if self._login is None or self._transport is None or self._identities is None:
                await self._renew()
            elif self._is_due():
                await self._try_to_renew(self._login)
            assert self._login is not None  # noqa: S101 - for the type checker
            assert self._transport is not None  # noqa: S101 - for the type checker
            return self._login, self._transport

    async def _renew(self) -> None:
        # Before the files are read, or what is written meanwhile would never be read.
        identities = file_changes.identities(self._login_source.files)
        login = await self._login_source.load_login()

        previous = self._login if self._transport is not None else None
        if previous is None or login.transport_digest != previous.transport_digest:
            await self._connect(login)

        # TLS has read them now, and keys should not lie about in files.
        kubernetes_library.delete_temporary_key_files()
        self._login = login
        self._identities = identities
        self._renew_at = _renewal_time(login, time.time())
        self._log_renewal(login)

    async def _try_to_renew(self, login: Login) -> None:
        """Renew a login that the API server has not refused; where that fails, keep it while it lasts."""
        try:
            await self._renew()
        except errors.SourceError as error:
            if login.expires_at is not None and login.expires_at <= time.time():
                raise
            if str(error) != self._renewal_error:
                log.warning("%s: the credentials read before are used", error)
            self._renewal_error = str(error)

    def _log_renewal(self, login: Login) -> None:
        if self._renewal_error is not None:
            log.info("the credentials can be read again")
            self._renewal_error = None

        for remark in login.remarks:
            if remark not in self._remarks:
                log.warning("%s", remark)
        self._remarks = login.remarks

    async def _connect(self, login: Login) -> None:
        """Open a session for another address or other certificates."""
        try:
            opened = transport.open_transport(login.configuration, login.proxy)
        except (OSError, ValueError) as error:
            raise errors.SourceError(
                f"{login.description}: its certificates cannot be used: {error}"
            ) from error

        previous = self._transport
        self._transport = opened
        self.generation += 1
        if previous is not None:
            log.info("the certificates or the address of the API server changed: connecting anew")
            await previous.session.close()

        if opened.proxy_name and (previous is None or previous.proxy_name != opened.proxy_name):
            log.info("requests to the API server go through the proxy %s", opened.proxy_name)

    def _is_due(self) -> bool:
        # Not more often, also where each renewal fails or an exec plugin's tokens are short-lived.
        now = self._clock()
        if now - self._last_check < self._check_interval:
            return False

        self._last_check = now
        if self._renew_at is not None and time.time() >= self._renew_at:
            return True
        return file_changes.identities(self._login_source.files) != self._identities

    def invalidate_login(self) -> None:
        """Load another login before the next request: this one was refused."""
        self._identities = None

    async def close(self) -> None:
        """Close every connection."""
        if self._transport is not None:
            await self._transport.session.close()


def _renewal_time(login: Login, now: float) -> float | None:
    """When to renew a login, in seconds since 1970; None if it does not expire."""
    if login.expires_at is None:
        return None

    # A token that lives for seconds would else be renewed for each request.
    return login.expires_at - min(_EXPIRY_MARGIN, max(0.0, login.expires_at - now) / 2)
