"""Types of settings that are more than a number or a word, and the functions that parse them.

Each function takes what a person wrote. The ValueError that it raises says what would be right.
"""

import ipaddress
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from svcdns import addresses, name_syntax, reverse_zones
from svcdns.addresses import Network

_MAX_ZONE_LENGTH = 120
"""The names of a Service (63) and its namespace (63), and `svc`, must fit before the zone in 255 bytes."""
_MAX_DOMAIN_LENGTH = 253
"""Characters without the last dot: 255 bytes as labels."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address to listen at or to send to. `host` is an IP address in canonical form."""

    host: str
    port: int

    def __str__(self) -> str:
        return addresses.host_port(self.host, self.port)

    @property
    def connect_address(self) -> "Address":
        """The address for clients on this machine: the loopback address if this one is a wildcard."""
        return Address({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port)  # noqa: S104


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """An address that the server listens at: over UDP and TCP, or with `tls` DNS over TLS (RFC 7858)."""

    address: Address
    tls: bool = False

    def __str__(self) -> str:
        return f"tls://{self.address}" if self.tls else str(self.address)


@dataclass(frozen=True, slots=True)
class PortRange:
    """Port numbers from `first` to `last`, both included."""

    first: int
    last: int

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class ObjectName:
    """The name of a namespaced object."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def parse_address(text: str, default_port: int | None = None) -> Address:
    """Read `127.0.0.1:53` or `[::1]:53`. The port may be left out if there is a default."""
    # Within the brackets anything is taken, so that the error can name it.
    bracketed = re.fullmatch(r"\[([^]]*)\](?::(.*))?", text)
    host, port = bracketed.groups() if bracketed else _split_port(text)
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(f"{text!r} must be IP:PORT, for example 127.0.0.1:53 or [::1]:53") from None

    if bracketed and ip.version == 4:
        raise ValueError(f"{text!r}: only an IPv6 address stands in brackets")

    if port is None:
        if default_port is None:
            raise ValueError(f"{text!r} has no port: write {Address(str(ip), 53)}")
        return Address(str(ip), default_port)

    return Address(str(ip), parse_port(port, text))


def parse_listen_address(text: str) -> ListenAddress:
    """Read `127.0.0.1:53` or `tls://127.0.0.1:853`. With `tls://`, the default port is 853."""
    is_tls = text.startswith("tls://")
    address = parse_address(text.removeprefix("tls://"), default_port=853 if is_tls else None)

    # Sockets ignore the interface of `::`, so the server would be open where it must not be.
    host, _, interface = address.host.partition("%")
    if interface and ipaddress.ip_address(host).is_unspecified:
        raise ValueError(f"{text!r} would listen on every interface: name an address of {interface}")
    return ListenAddress(address, is_tls)


def _split_port(text: str) -> tuple[str, str | None]:
    host, colon, port = text.rpartition(":")
    # A second colon can only be that of an IPv6 address.
    if ":" not in host:
        return (host, port) if colon else (text, None)

    try:
        whole = Address(str(ipaddress.IPv6Address(text)), 53)
    except ValueError:
        raise ValueError(f"{text!r}: an IPv6 address stands in brackets, as [::1]:53") from None

    raise ValueError(f"{text!r}: an IPv6 address stands in brackets: write {whole}")


def parse_port(text: str, full_text: str) -> int:
    """Read a port from 1 to 65535; `full_text` is the text around it, for the error."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ValueError(f"{full_text!r}: {text!r} is no port from 1 to 65535")
    return int(text)


def parse_port_range(text: str) -> PortRange:
    """Read `30000-32767`."""
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is no range of ports: write FIRST-LAST, as 30000-32767")

    ports = PortRange(parse_port(first.strip(), text), parse_port(last.strip(), text))
    if ports.first > ports.last:
        raise ValueError(f"{text!r}: the first port is greater than the last")

    return ports


def parse_object_name(text: str) -> ObjectName:
    """Read `kube-system/kube-dns`."""
    namespace, slash, name = text.partition("/")
    if not slash:
        raise ValueError(f"{text!r} is no NAMESPACE/NAME, as kube-system/kube-dns")
    return ObjectName(parse_label(namespace), parse_label(name))


def parse_label(text: str) -> str:
    """Read a name that is one DNS label, for example that of a namespace."""
    if not name_syntax.is_dns_label(text):
        raise ValueError(
            f"{text!r} is no name of a Kubernetes object: 1 to 63 of a-z, 0-9 and -, "
            "with a letter or digit at both ends"
        )

    return text


def parse_domain(text: str) -> str:
    """Read a domain name. The result is in lower case and without the last dot; the root is `.`."""
    name = text.lower()
    if name == ".":
        return name

    name = name.removesuffix(".")
    _check_labels(text, name, name_syntax.is_host_label, "as corp.internal", "a-z, 0-9, - and _")
    _check_length(text, name, _MAX_DOMAIN_LENGTH)
    return name


def _check_labels(
    text: str, name: str, is_label: Callable[[str], bool], example: str, characters: str
) -> None:
    bad = next((part for part in name.split(".") if not is_label(part)), None)
    if bad is not None:
        raise ValueError(f"{text!r} is no domain name {example}: {bad!r} is no label of {characters}")


def _check_length(text: str, name: str, most: int) -> None:
    if len(name) > most:
        raise ValueError(f"{text!r} has {len(name)} characters, a domain name at most {most}")


def parse_zone(text: str) -> str:
    """Read a cluster domain. The result is in lower case and without the last dot."""
    name = text.lower().removesuffix(".")
    if reverse_zones.is_reverse(name):
        raise ValueError(f"{text!r} is a reverse zone: set reverse_zones, as CIDRs")

    _check_labels(text, name, name_syntax.is_dns_label, "as cluster.local", "a-z, 0-9 and -")
    _check_length(text, name, _MAX_ZONE_LENGTH)
    return name


def parse_network(text: str) -> Network:
    """Read a CIDR. No bit may be set after its prefix."""
    if "/" not in text:
        raise ValueError(f"{text!r} is no CIDR, as 10.96.0.0/12 or fd00:10:96::/108")

    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(f"{text!r} is no CIDR: {error}") from None

    if str(network.network_address) != str(ipaddress.ip_address(text.partition("/")[0])):
        raise ValueError(f"{text!r} has bits set after its prefix: write {network}")

    return network


@dataclass(frozen=True, slots=True)
class ZonePath:
    """A path, and the domain in lower case that it is for, if it is for one: `[ZONE=]PATH`."""

    path: Path
    origin: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.origin is None else f"{self.origin}={self.path}"


def parse_zone_path(text: str) -> ZonePath:
    """Read `PATH` or `ZONE=PATH`; a path with = in it begins with a folder (`./a=b`)."""
    origin, separator, path = text.partition("=")
    if not separator or "/" in origin:
        return ZonePath(parse_path(text))
    return ZonePath(parse_path(path), parse_domain(origin))


def to_zone_path(path: ZonePath | str | os.PathLike[str]) -> ZonePath:
    """Return what a text of the settings or a path means."""
    if isinstance(path, ZonePath):
        return path
    return parse_zone_path(path) if isinstance(path, str) else ZonePath(Path(path))


def parse_path(text: str) -> Path:
    """Read a path; `~` is the user's home."""
    if not text or "\0" in text:
        raise ValueError(f"{text!r} is no path")
    return Path(os.path.expanduser(text))  # noqa: PTH111 - leaves `~` where there is no home
