"""Where the webhook answers, and its certificate: settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from msgspec import Struct

from svcdns.errors import ConfigError
from svcdns.setting_types import PATH, WEBHOOK_ADDRESSES, Conflict
from svcdns.value_types import Address


class WebhookOptions(Struct, frozen=True, kw_only=True):
    """The addresses, and the files of the certificate and of the CA of clients (PEM)."""

    listen: Annotated[tuple[Address, ...], WEBHOOK_ADDRESSES] = (Address("127.0.0.1", 8443),)
    """Address to answer on, HTTPS. In a cluster: 0.0.0.0:8443 and [::]:8443."""

    tls_cert: Annotated[str | None, PATH] = None
    """Certificate chain (PEM); read again when the file changes. `svcdns webhook certs` makes one."""

    tls_key: Annotated[str | None, PATH] = None
    """Private key of the certificate (PEM)."""

    client_ca: Annotated[str | None, PATH] = None
    """CA (PEM): only clients with a certificate of it are answered, the API server; probes go on."""

    @property
    def certificate(self) -> tuple[Path, Path]:
        """The files of the chain and of the key; raises ConfigError where they are not given."""
        if not (self.tls_cert and self.tls_key):
            raise ConfigError(
                "the API server asks over HTTPS: give --tls-cert and --tls-key; "
                "`svcdns webhook certs` makes them"
            )
        return Path(self.tls_cert), Path(self.tls_key)

    def conflicts(self) -> Iterator[Conflict]:
        """What is wrong with the settings together."""
        if bool(self.tls_cert) != bool(self.tls_key):
            yield Conflict("a certificate needs its key: set both", ("tls_cert", "tls_key"))
