"""Keeps the secrets of a worker's cookies current: those of a file that changes, or those of the day.

the file, or the seed and the day --every 10 s--> dns/clients/cookie_secrets --> ServerCookies
"""

import logging
from collections.abc import Callable
from pathlib import Path

from svcdns.dns.clients import cookie_secrets
from svcdns.dns.clients.server_cookies import ServerCookies
from svcdns.errors import ConfigError
from svcdns.file_changes import FileWatch, signature
from svcdns.sources import filesystem

log = logging.getLogger("svcdns.worker")

REFRESH_INTERVAL = 10.0
"""Seconds between two looks at the file and the day; a kubelet takes up to a minute to change a file."""

MAX_FILE_SIZE = 1 << 20
"""Bytes of a file of secrets, with its comments."""


class CookieKeeper:
    """The cookies of a server, as one worker makes and checks them."""

    def __init__(self, path: Path | None, seed: bytes, clock: Callable[[], float]) -> None:
        """Raises ConfigError if the file cannot be read.

        Without a file, the same `seed` means the same secrets. `clock` returns seconds since 1970.
        """
        self._path = path
        self._seed = seed
        self._clock = clock
        # With the mode: a file that cannot be read becomes readable by chmod.
        self._file = FileWatch([path] if path else [], signature)

        # Before the file is read, so that a change meanwhile is seen later.
        self._file.changed()
        self.cookies = ServerCookies(self._read_secrets(), clock)

    def refresh(self) -> None:
        """Take the secrets of now; if the file is unreadable, the last ones stay, and a log line says so."""
        if self._path is not None and not self._file.changed():
            return

        try:
            self.cookies.replace_secrets(self._read_secrets())
        except ConfigError as error:
            log.error("the last cookie secrets stay: %s", error)
            return
        if self._path is not None:
            log.info("new cookie secrets from %s", self._path)

    def _read_secrets(self) -> tuple[bytes, ...]:
        if self._path is None:
            return cookie_secrets.secrets_of_day(self._seed, self._clock())
        return read_secrets(self._path)


def read_secrets(path: Path) -> tuple[bytes, ...]:
    """The secrets of a file; raises ConfigError, which names the file and shows none of it."""
    try:
        return cookie_secrets.parse_secrets(filesystem.read_bounded(path, MAX_FILE_SIZE).decode("ascii"))
    except (OSError, ValueError) as error:
        # An error of decoding would show a part of the file.
        reason = "it is no ASCII text" if isinstance(error, UnicodeDecodeError) else error
        raise ConfigError(f"{path} holds no cookie secrets: {reason}") from None
