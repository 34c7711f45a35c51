"""Parses a line of a hosts file that is a setting: `192.0.2.1 web.corp.internal web`.

Each function takes what a person wrote. The ValueError that it raises says what would be right.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from svcdns import value_types


@dataclass(frozen=True, slots=True)
class HostsLine:
    """An IP address in its canonical form, and its names. The first name is the canonical one."""

    address: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.address, *self.names))


def parse_file_or_line(text: str) -> Path | HostsLine:
    """Read the path of a hosts file, or a line that begins with an IP address."""
    return parse_line(text) if _parse_address(text.partition(" ")[0]) else value_types.parse_path(text)


def parse_line(text: str) -> HostsLine:
    """Read `ADDRESS NAME...`."""
    first, _, behind = text.partition(" ")
    address = _parse_address(first)
    if address is None:
        raise ValueError(f"{first!r} is no IP address: a line is an address, then its names")
    if not behind.split():
        raise ValueError(f"{first} has no name after it")

    return HostsLine(address, tuple(map(_parse_name, behind.split())))


def _parse_name(text: str) -> str:
    """A domain name; `*.` before it means each name one label below."""
    wildcard = "*." if text.startswith("*.") else ""
    return wildcard + value_types.parse_domain(text.removeprefix(wildcard))


def _parse_address(text: str) -> str | None:
    """The canonical form, or None. A scope (`%eth0`) is left out: it means nothing to other hosts."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(address).partition("%")[0]
