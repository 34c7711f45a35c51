"""A hosts file (hosts(5)): its lines to names, and these to the table's entries.

    192.0.2.10  web.corp.internal web   # an address, its name, other names of it
    2001:db8::10  web.corp.internal

    bytes -> ParsedHosts of each file -> nodes of all files -> keys (after HOSTS_PREFIX) and values

A name has the addresses of all its lines, an address the first name that stands beside it. `localhost`
and what is below it are left out: they are the loopback's everywhere (RFC 6761 6.3), of both families. So
127.0.0.1 and ::1 have no name here. `*.name` is each name one label below that has no line of its own.
"""

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from svcdns import addresses, name_syntax
from svcdns.dns.table import node_format, rrset_encoding, subtree_encoding
from svcdns.dns.table.subtree import Node, NodesByName, Subtree
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, RRType
from svcdns.errors import DomainNameError

MAX_PROBLEMS = 100
"""Problems of one file that are reported: what is no hosts file at all has one in each line."""

MAX_ADDRESSES_PER_NAME = rrset_encoding.MAX_INLINE_RECORDS
"""Addresses of one name and family, so that each answer lies in its node."""

NO_ZONE_NUMBER = 0xFFFF
"""The zone number of these nodes: no zone has it, and nobody looks for its SOA."""

_LOCALHOST = names.from_text("localhost")
_LOCALHOST_ADDRESSES = (b"\x7f\0\0\1", bytes(15) + b"\1")
_WILDCARD = b"\1*"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # Windows editors write it
_MAX_QUOTED_LENGTH = 60


class HostsLine(NamedTuple):
    """An address (4 or 16 bytes), its folded wire names, and the one of them that a PTR query for it gets."""

    address: bytes
    names: tuple[bytes, ...]
    canonical_name: bytes | None

    def restrict(self, origins: Collection[bytes]) -> "HostsLine":
        """The line with what lies within one of these folded zones: its names, and its reverse name."""

        def lies_within(name: bytes) -> bool:
            return any(names.is_subdomain(name, origin) for origin in origins)

        canonical_name = self.canonical_name if lies_within(names.reverse_name(self.address)) else None
        return HostsLine(self.address, tuple(filter(lies_within, self.names)), canonical_name)


class ParsedHosts(NamedTuple):
    """What a file says; a problem is a line's number (from 1) and what is wrong there."""

    lines: tuple[HostsLine, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()


def parse_hosts(data: bytes) -> ParsedHosts:
    """Read a file; takes any bytes. A bad name costs itself, a bad address its line."""
    lines: list[HostsLine] = []
    problems: list[tuple[int, str]] = []

    for number, raw_line in enumerate(data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), 1):
        words = raw_line.partition(b"#")[0].split()
        if not words:
            continue

        line: HostsLine | None = None
        try:
            # What is no UTF-8 is quoted in the message, and so must be text somehow.
            line, messages = _parse_line([word.decode("utf-8", "surrogateescape") for word in words])
        except ValueError as error:
            messages = [str(error)]

        if line is not None and line.names:
            lines.append(line)
        problems += [(number, message) for message in messages[: MAX_PROBLEMS - len(problems)]]

    return ParsedHosts(tuple(lines), tuple(problems))


def _parse_line(words: list[str]) -> tuple[HostsLine, list[str]]:
    """The line, and what is wrong with its names; raises ValueError where all of it is."""
    # A scope (`%eth0`) means nothing to other hosts, and DNS has no place for it (RFC 4007 11.2).
    parsed_address = addresses.parse(words[0])
    if parsed_address is None:
        raise ValueError(f"{_quote_word(words[0])} is no IP address: a line is an address, then its names")
    address = addresses.unmapped(parsed_address)
    if len(words) == 1:
        raise ValueError(f"{words[0]} has no name after it")

    line_names: list[bytes] = []
    messages: list[str] = []
    for word in words[1:]:
        try:
            name = _parse_name(word)
        except ValueError as error:
            messages.append(str(error))
            continue

        if not names.is_subdomain(name, _LOCALHOST):
            line_names.append(name)
        elif not ipaddress.ip_address(address).is_loopback:
            quoted = _quote_word(word)
            messages.append(f"{quoted} is always the loopback address (RFC 6761), never {words[0]}")

    # The address has the first name that is no wildcard.
    canonical_name = next((name for name in line_names if not name.startswith(_WILDCARD)), None)
    return HostsLine(address, tuple(line_names), canonical_name), messages


def _parse_name(word: str) -> bytes:
    """The folded wire name of a word; raises ValueError."""
    labels = word.removesuffix(".").split(".")
    host_labels = labels[1:] if labels[0] == "*" and len(labels) > 1 else labels
    bad_label = next((label for label in host_labels if not name_syntax.is_host_label(label)), None)
    if bad_label is not None:
        hint = "; a wildcard is a whole first label, as *.example.org" if "*" in bad_label else ""
        raise ValueError(
            f"{_quote_word(word)} is no host name: "
            f"{_quote_word(bad_label)} is no label of a-z, 0-9, - and _{hint}"
        )

    try:
        return names.from_text_labels(labels)
    except DomainNameError as error:
        raise ValueError(f"{_quote_word(word)}: {error}") from None


def _quote_word(word: str) -> str:
    # A binary file may have megabytes without a space, and any bytes.
    return ascii(word if len(word) <= _MAX_QUOTED_LENGTH else word[: _MAX_QUOTED_LENGTH - 3] + "...")


def hosts_nodes(lines: Iterable[HostsLine], ttl: int = 30) -> NodesByName:
    """The names of these lines, and the reverse names of their addresses; `ttl` is in seconds."""
    # The innermost dict is a set in order: the data of an RRset, each once.
    rdata_by_name: dict[bytes, dict[RRType, dict[bytes, None]]] = {}

    for line in lines:
        rrtype = records.A if len(line.address) == 4 else records.AAAA
        for name in line.names:
            rdata = rdata_by_name.setdefault(name, {}).setdefault(rrtype, {})
            if len(rdata) < MAX_ADDRESSES_PER_NAME:
                rdata[line.address] = None

        # The first line with an address decides on its reverse name.
        if line.canonical_name and line.address not in _LOCALHOST_ADDRESSES:
            reverse_types = rdata_by_name.setdefault(names.reverse_name(line.address), {})
            reverse_types.setdefault(records.PTR, {line.canonical_name: None})

    nodes = {}
    for name, rdata_by_type in rdata_by_name.items():
        rrsets = {rrtype: RRset(ttl, tuple(rdata)) for rrtype, rdata in rdata_by_type.items()}
        nodes[name] = Node(NO_ZONE_NUMBER, rrsets)

    return nodes


def encode_hosts(nodes_by_name: NodesByName) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of these names."""
    for key, value in subtree_encoding.encode_subtree(Subtree(nodes_by_name)):
        yield node_format.HOSTS_PREFIX + key, value

    if any(name.startswith(_WILDCARD) for name in nodes_by_name):
        yield node_format.HOSTS_WILDCARDS_KEY, b"\1"


def find_hosts_node(
    get: node_format.GetValue, name: bytes, *, has_wildcards: bool
) -> tuple[bytes, bytes] | None:
    """The name whose lines answer for a folded name, and its node: the name itself, or else a wildcard."""
    node = get(node_format.HOSTS_PREFIX + name)
    if node is not None:
        return name, node
    if not has_wildcards or not name:
        return None

    wildcard = _WILDCARD + name[name[0] + 1 :]
    node = get(node_format.HOSTS_PREFIX + wildcard)
    return None if node is None else (wildcard, node)
