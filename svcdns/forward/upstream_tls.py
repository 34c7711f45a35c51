"""TLS to upstreams, strict: only one with the right certificate is asked (RFC 8310 5, RFC 7858 4.2)."""

import ssl

from svcdns.file_changes import FileWatch
from svcdns.forward.options import Upstream


class TrustStore:
    """Who is trusted: those of a file (PEM), which is read again when it has changed, or the system's."""

    def __init__(self, file: str | None) -> None:
        self._file = file
        self._watch = FileWatch((file,) if file else ())
        self._context: ssl.SSLContext | None = None

    def ssl_context(self) -> ssl.SSLContext:
        """For connections that begin now; raises OSError where there is none yet."""
        # Looked at even without a context: else the next look would be the first, and count as a change.
        changed = self._watch.changed()
        if self._context is None or changed:
            try:
                self._context = _make_ssl_context(self._file)
            except (OSError, ValueError) as error:  # a half-written file leaves the last one in use
                if self._context is None:
                    raise OSError(f"{self} is no file of certificates (PEM): {_error_text(error)}") from error
        return self._context

    def describe_error(self, error: Exception, upstream: Upstream) -> OSError:
        """Why there is no connection, for people."""
        if isinstance(error, ssl.SSLCertVerificationError):
            wrong = error.verify_message.rstrip(".")
            return OSError(f"its certificate is not right for {server_name(upstream)} by {self}: {wrong}")
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            return error
        return OSError(f"no TLS: {_error_text(error)}")

    def __str__(self) -> str:
        return self._file or "the system's certificate authorities"


def server_name(upstream: Upstream) -> str:
    """What the certificate must be for: the name, else the address."""
    # A certificate has an address without the interface of a link-local one.
    return upstream.name or upstream.host.partition("%")[0]


def _make_ssl_context(file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=file)
    # BCP 195 rules out TLS 1.0 and 1.1 (RFC 9325 3.1.1).
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["dot"])
    return context


def _error_text(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
