"""The certificate of a server (DNS over TLS, or the webhook), which is read again when its files change."""

import logging
import ssl
from pathlib import Path

from svcdns.errors import ConfigError
from svcdns.file_changes import FileWatch

log = logging.getLogger("svcdns.server_certificate")

REFRESH_INTERVAL = 10.0
"""Seconds between two looks at the files; a kubelet takes up to a minute to change them."""

TLS12_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""OpenSSL's list: AEAD with forward secrecy alone (RFC 9325 4.2). TLS 1.3 has nothing else."""


class ServerCertificate:
    """A server's certificate chain and key; new connections use what was read last.

    `context` is for these connections. It stays the same object, except with a CA of clients: a context
    trusts for ever what it once trusted, so changed files need a new one.
    """

    def __init__(self, chain: Path, key: Path, alpn_protocol: str, client_ca: Path | None = None) -> None:
        """Read all files (PEM); raises ConfigError.

        `alpn_protocol` is the ALPN id (RFC 7301) of the protocol within TLS. With `client_ca`, a client may
        show a certificate, and it is verified: `peercert` of its connection, empty if it showed none.
        """
        self._chain = chain
        self._key = key
        self._client_ca = client_ca
        self._alpn_protocol = alpn_protocol
        self._files = FileWatch(filter(None, (chain, key, client_ca)))

        # Before the files are read, so that a change meanwhile is seen later.
        self._files.changed()
        self.context = self._create_context()

    def refresh(self) -> bool:
        """Read the files again if they changed; returns whether there is a new certificate.

        If a file cannot be read, the last certificate stays in use, and a log line says why.
        """
        if not self._files.changed():
            return False

        try:
            # A new context first: half a pair would spoil the one that is in use.
            new_context = self._create_context()
            if self._client_ca:
                self.context = new_context
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
        context.set_ciphers(TLS12_CIPHERS)
        context.set_alpn_protocols([self._alpn_protocol])
        if self._client_ca:
            # A kubelet has no certificate for its probes; the handler of reviews requires one.
            context.verify_mode = ssl.CERT_OPTIONAL
        self._load_files(context)
        return context

    def _load_files(self, context: ssl.SSLContext) -> None:
        try:
            context.load_cert_chain(self._chain, self._key, _refuse_pass_phrase)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{self._chain} and {self._key} are no certificate with its key (PEM): {error}"
            ) from error

        if self._client_ca:
            try:
                context.load_verify_locations(self._client_ca)
            except (OSError, ValueError) as error:
                raise ConfigError(f"{self._client_ca} holds no CA (PEM): {error}") from error


def _refuse_pass_phrase() -> str:
    """Raise ValueError, instead of OpenSSL's question on the terminal, which would wait for ever."""
    raise ValueError("the key is encrypted: use a key without a pass phrase")
