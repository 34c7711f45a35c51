"""Parses which DNS servers to ask for which names: `[SUFFIX=]UPSTREAM`.

    192.0.2.53                      a DNS server, port 53 unless it is given
    tls://192.0.2.1:853#dns.example DNS over TLS, and the name that its certificate must have
    /etc/resolv.conf                the servers that the file names
    corp.internal=10.0.0.53         for the names at and below a suffix
    corp.internal=none              names below the suffix are never forwarded

Each function takes what a person wrote. The ValueError that it raises says what would be right.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from svcdns import value_types
from svcdns.value_types import Address

_HOST_NAME = re.compile(r"(?=[^:]*[a-z_])[-a-z0-9_.]+(:[0-9]*)?", re.IGNORECASE)
"""What looks like a host name, perhaps with a port; it has a letter, so it is no IPv4 address."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A DNS server. With `tls` it is asked over TLS; its certificate is for `tls_name`, or its address."""

    address: Address
    tls: bool = False
    tls_name: str = ""

    def __str__(self) -> str:
        return (
            f"tls://{self.address}{'#' if self.tls_name else ''}{self.tls_name}"
            if self.tls
            else str(self.address)
        )


@dataclass(frozen=True, slots=True)
class ForwardEntry:
    """Which server is asked for names at and below `suffix`.

    The target is a server, the path of a resolv.conf with servers, or None if no server is to be asked.
    """

    suffix: str
    target: Upstream | Path | None

    def __str__(self) -> str:
        to = "none" if self.target is None else str(self.target)
        return to if self.suffix == "." else f"{self.suffix}={to}"


def parse_entry(text: str) -> ForwardEntry:
    """Read `[SUFFIX=]UPSTREAM`."""
    # A path may have a `=` in it, and has no suffix of its own.
    if text.startswith("/"):
        return ForwardEntry(".", value_types.parse_path(text))

    before, sign, behind = text.rpartition("=")
    suffix = value_types.parse_domain(before.strip()) if sign else "."
    behind = behind.strip()
    if behind == "none":
        return ForwardEntry(suffix, None)

    return ForwardEntry(
        suffix, value_types.parse_path(behind) if behind.startswith("/") else parse_upstream(behind)
    )


def check_entries(entries: Sequence[ForwardEntry]) -> None:
    """Raise ValueError if an entry contradicts another: `none` and a server for the same suffix."""
    closed_suffixes = {entry.suffix for entry in entries if entry.target is None}
    for entry in entries:
        if entry.target is not None and entry.suffix in closed_suffixes:
            raise ValueError(f"{str(entry)!r} stands beside {str(ForwardEntry(entry.suffix, None))!r}")


def refuse_mapping(value: object) -> object:
    """Return the value; raise ValueError for a mapping, which YAML reads if somebody writes `: ` for `=`."""
    if isinstance(value, dict):
        pairs = [f"{suffix}={to}" for suffix, to in value.items() if isinstance(to, str)]
        right = pairs[0] if len(pairs) == len(value) == 1 else "corp.internal=10.0.0.53"
        raise ValueError(f"a mapping stands where text was expected, as {right}")

    return value


def parse_upstream(text: str) -> Upstream:
    """Read `ADDRESS[:PORT]` or `tls://ADDRESS[:PORT][#NAME]`."""
    if not text.startswith("tls://"):
        _refuse_host_name(text, "as 192.0.2.53, or the path of a resolv.conf as /etc/resolv.conf")
        return Upstream(_parse_server_address(text, 53))

    where, sign, name = text.removeprefix("tls://").partition("#")
    _refuse_host_name(where, f"as tls://192.0.2.53#{name or where.partition(':')[0] or 'dns.example'}")

    return Upstream(
        _parse_server_address(where, 853), tls=True, tls_name=value_types.parse_domain(name) if sign else ""
    )


def _refuse_host_name(text: str, example: str) -> None:
    """Raise ValueError for a host name: resolving it would need a DNS server first."""
    if "://" in text:
        raise ValueError(f"{text!r}: DNS servers are asked over UDP and TCP, or TLS as tls://192.0.2.53#NAME")
    if _HOST_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is a name, but the IP address of a DNS server is needed, {example}")


def _parse_server_address(text: str, default_port: int) -> Address:
    """Read ADDRESS[:PORT]. An IPv6 address without a port needs no brackets if it has only one reading."""
    portless = _parse_ipv6(text)
    if portless is None:
        address = value_types.parse_address(text, default_port=default_port)
    else:
        host, _, last = text.rpartition(":")
        if last.isdigit() and (shorter := _parse_ipv6(host)):
            readings = f"[{portless}]:{default_port} or [{shorter}]:{last}"
            raise ValueError(f"{text!r} may be an address, or one with a port: write {readings}")

        address = Address(str(portless), default_port)

    ip = ipaddress.ip_address(address.host)
    if ip.is_unspecified or ip.is_multicast:
        raise ValueError(f"{text!r}: {ip} is no address of a server")

    return address


def _parse_ipv6(text: str) -> ipaddress.IPv6Address | None:
    try:
        return ipaddress.IPv6Address(text)
    except ValueError:
        return None


def is_below(domain: str, suffix: str) -> bool:
    """Whether a domain is `suffix` or lies below it; both as `value_types.parse_domain` returns them."""
    return suffix == "." or domain == suffix or domain.endswith(f".{suffix}")
