"""The certificate of a server, DNS over TLS or the webhook: read again when its files change."""

import logging
import ssl
from pathlib import Path

from svcdns.errors import ConfigError
from svcdns.file_changes import FileWatch

log = logging.getLogger("svcdns.server_certificate")

REFRESH_INTERVAL = 10.0
"""Seconds between two looks at the files."""


class ServerCertificate:
    """A server's certificate chain and key; connections that begin later use what was read last.

    `context` stays the same object, but where there is a CA of clients: what a context trusts it does
    for ever, so a changed file means another one.
    """

    def __init__(self, chain: Path, key: Path, alpn_protocol: str, client_ca: Path | None = None) -> None:
        """Read all; raises ConfigError.

        `protocol` is the ALPN id (RFC 7301) of what is spoken inside. With `client_ca` the certificate
        of a client that shows one is verified: `peercert` of its connection, empty where it has none.
        """
        self._chain, self._key, self._client_ca = chain, key, client_ca
        self._alpn_protocol = alpn_protocol
        self._files = FileWatch(filter(None, (chain, key, client_ca)))
        self._files.changed()  # before they are read
        self.context = self._create_context()

    def refresh(self) -> bool:
        """Read the files again if they changed; what cannot be read leaves the last ones in use."""
        if not self._files.changed():
            return False
        try:
            made = self._create_context()  # first, for half a pair would spoil what is in use
            if self._client_ca:
                self.context = made
            else:
                self._load_files(self.context)
        except ConfigError as error:
            log.error("the last certificate stays: %s", error)
            return False
        log.info("new certificate from %s", self._chain)
        return True

    def _create_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols([self._alpn_protocol])
        if self._client_ca:
            context.verify_mode = ssl.CERT_OPTIONAL
        self._load_files(context)
        return context

    def _load_files(self, context: ssl.SSLContext) -> None:
        chain, key, client_ca = self._chain, self._key, self._client_ca
        try:
            context.load_cert_chain(chain, key, _refuse_pass_phrase)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{chain} and {key} are no certificate with its key (PEM): {error}") from error
        if client_ca:
            try:
                context.load_verify_locations(client_ca)
            except (OSError, ValueError) as error:
                raise ConfigError(f"{client_ca} holds no CA (PEM): {error}") from error


def _refuse_pass_phrase() -> str:
    """Instead of OpenSSL's question on the terminal."""
    raise ValueError("the key is encrypted: wanted is one without a pass phrase")
