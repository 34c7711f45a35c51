"""The settings of `svcdns webhook`: on its command line `webhook_budget` is `--budget`."""

import difflib
from dataclasses import dataclass
from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from svcdns.config import field_types, value_types
from svcdns.config.field_types import Metavar, OptionalPath
from svcdns.config.settings_section import ConflictError, Section
from svcdns.config.value_types import Address

WEBHOOK_PREFIX = "webhook_"
"""What the command says already."""

_MAX_VALUES = {"ndots": 15, "timeout": 30, "attempts": 5}
"""The options with a number, and what resolvers take at most; resolv.conf(5)."""
_FLAG_OPTIONS = (
    "debug",
    "edns0",
    "inet6",
    "ip6-bytestring",
    "ip6-dotint",
    "no-aaaa",
    "no-check-names",
    "no-ip6-dotint",
    "no-reload",
    "no-tld-query",
    "rotate",
    "single-request",
    "single-request-reopen",
    "strict-error",
    "trust-ad",
    "use-vc",
)
"""The others."""


@dataclass(frozen=True, slots=True)
class ResolverOption:
    """An option of resolv.conf(5): a name, and with some a number."""

    name: str
    value: str | None = None

    def __str__(self) -> str:
        return f"{self.name}:{self.value}" if self.value else self.name


def parse_resolver_option(text: str) -> ResolverOption:
    """Read `timeout:2` or `single-request-reopen`."""
    name, colon, value = text.partition(":")
    if name in _MAX_VALUES:
        if not (value.isascii() and value.isdigit() and int(value) <= _MAX_VALUES[name]):
            raise ValueError(f"{text!r}: wanted is {name}:N with N from 0 to {_MAX_VALUES[name]}")
    elif name not in _FLAG_OPTIONS:
        close = difflib.get_close_matches(name, (*_MAX_VALUES, *_FLAG_OPTIONS), n=1)
        meant = f"; did you mean {close[0]}?" if close else ", as timeout:2 or single-request-reopen"
        raise ValueError(f"{text!r} is no option of resolv.conf(5){meant}")
    elif colon:
        raise ValueError(f"{text!r}: {name} has no number")
    return ResolverOption(name, value or None)


def _distinct(options: tuple[ResolverOption, ...]) -> tuple[ResolverOption, ...]:
    names = [one.name for one in options]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"{name!r} is given twice")
    return options


_Address = Annotated[Address, field_types.from_text(Address, value_types.parse_address)]
_Option = Annotated[ResolverOption, field_types.from_text(ResolverOption, parse_resolver_option)]

Addresses: TypeAlias = Annotated[tuple[_Address, ...], field_types.SPLIT_AT_COMMAS, Metavar("HOST:PORT")]
ResolverOptions: TypeAlias = Annotated[
    tuple[_Option, ...], field_types.SPLIT_AT_COMMAS, AfterValidator(_distinct), Metavar("NAME[:NUMBER]")
]


class WebhookSettings(Section):
    """The webhook"""

    webhook_listen: Addresses = (Address("127.0.0.1", 8443),)
    """Address to answer on, HTTPS. In a cluster: 0.0.0.0:8443 and [::]:8443."""

    webhook_tls_cert: OptionalPath = None
    """Certificate chain (PEM); read again when the file changes. `svcdns webhook certs` makes one."""

    webhook_tls_key: OptionalPath = None
    """Private key of the certificate (PEM)."""

    webhook_client_ca: OptionalPath = None
    """CA (PEM): only clients with a certificate of it are answered, the API server; probes go on."""

    webhook_budget: Annotated[int, Field(ge=1024, le=262_144)] = 65_536
    """Bytes of variables that a container is given at most. All containers of a Pod share 256 KiB."""

    webhook_ndots: Annotated[int, Field(ge=0, le=15)] = 0
    """Dots that make a name complete for a Pod, as 2; where the Pod sets it, that counts. 0: leave it."""

    webhook_dns_config: ResolverOptions = ()
    """Option of resolv.conf for each Pod, as timeout:2; where the Pod sets it, that counts."""

    @model_validator(mode="after")
    def _webhook_agrees(self) -> Self:
        if bool(self.webhook_tls_cert) != bool(self.webhook_tls_key):
            names = ("webhook_tls_cert", "webhook_tls_key")
            raise ConflictError("a certificate needs its key: set both", *names)
        if self.webhook_ndots and any(one.name == "ndots" for one in self.webhook_dns_config):
            raise ConflictError("ndots is set twice: set one of them", "webhook_ndots", "webhook_dns_config")
        return self

    @property
    def webhook_dns_options(self) -> tuple[ResolverOption, ...]:
        """All options for resolv.conf, `ndots` first."""
        ndots = (ResolverOption("ndots", str(self.webhook_ndots)),) if self.webhook_ndots else ()
        return (*ndots, *self.webhook_dns_config)
