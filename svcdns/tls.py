"""The certificate of a server, DNS over TLS or the webhook: read again when its files change."""

import logging
import ssl
from pathlib import Path

from svcdns.errors import ConfigError

log = logging.getLogger("svcdns.tls")

LOOK = 10.0
"""Seconds between two looks at the files."""


class Certificate:
    """A server's certificate chain and key; connections that begin later use what was read last."""

    def __init__(self, chain: Path, key: Path, protocol: str) -> None:
        """Read both; raises ConfigError. `protocol` is the ALPN id (RFC 7301) of what is spoken inside."""
        self._files = (chain, key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols([protocol])
        self._stamps = self._look()
        try:
            self.context.load_cert_chain(chain, key)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{chain} and {key} are no certificate with its key (PEM): {error}") from error

    def refresh(self) -> bool:
        """Read the files again if they changed; what cannot be read leaves the last ones in use."""
        stamps = self._look()
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        chain, key = self._files
        try:
            probe = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            probe.load_cert_chain(chain, key)  # a half-written pair would spoil the context in use
            self.context.load_cert_chain(chain, key)
        except (OSError, ValueError) as error:
            log.error(
                "%s and %s changed and cannot be used, the last certificate stays: %s", chain, key, error
            )
            return False
        log.info("new certificate from %s", chain)
        return True

    def _look(self) -> list[tuple[int, int, int] | None]:
        found: list[tuple[int, int, int] | None] = []
        for path in self._files:
            try:
                stat = path.stat()
            except OSError:
                found.append(None)
            else:
                found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return found
