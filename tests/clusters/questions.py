"""Questions about a cluster: names that exist, names that nearly do, in any case, of every type."""

from collections.abc import Iterator
from hashlib import blake2b

import dns.exception
import dns.name
from dns.name import Name
from dns.rdatatype import RdataType
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.clusters import objects
from tests.oracle import Oracle
from tests.oracle.records import parse_address, reverse_name

TYPES = tuple(
    RdataType[text]
    for text in ("A", "AAAA", "SRV", "PTR", "CNAME", "TXT", "NS", "SOA", "MX", "CAA", "HTTPS", "DS", "ANY")
)

Question = tuple[Name, RdataType]


def names(oracle: Oracle) -> list[Name]:
    """Every name that exists or nearly does, sorted, each once; the same for the same cluster."""
    existing = set(oracle.names) | set(_pod_names(oracle)) | set(_reverse_names())
    return sorted(existing | {near for name in existing for near in _near(name)})


def some(oracle: Oracle, seed: int, count: int) -> list[Question]:
    """Questions about some of them in some case; by a hash, so that another cluster is asked the same."""
    by_hash = sorted((_hash(name, seed), name) for name in names(oracle))[: max(1, count // 4)]
    return [
        (_swapped(name, value), TYPES[(value + step) % len(TYPES)])
        for value, name in by_hash
        for step in range(4)
    ]


def spelled(name: Name) -> SearchStrategy[Name]:
    """The name with random capitals (0x20)."""
    return st.integers(0, 2**64 - 1).map(lambda bits: _swapped(name, bits))


def _hash(name: Name, seed: int) -> int:
    return int.from_bytes(blake2b(name.to_wire() or b"", digest_size=8, key=seed.to_bytes(8)).digest())


def _swapped(name: Name, bits: int) -> Name:
    """The name with each letter's case as one of the bits says."""
    labels = []
    for label in name.labels:
        labels.append(bytes(_cased(octet, bits >> index % 64) for index, octet in enumerate(label)))
        bits = (bits >> 5) ^ (bits << 7)

    return Name(labels)


def _cased(octet: int, bits: int) -> int:
    return octet ^ 0x20 if bits & 1 and octet < 0x80 and chr(octet).isalpha() else octet


def _near(name: Name) -> Iterator[Name]:
    """Names one mistake away, and the name's neighbours; the root has none."""
    labels = name.labels
    candidates = [(label, *labels) for label in (b"x", b"*", b"_tcp", b"_http", b"web-0", b"10-244-0-1")]
    candidates += [labels[1:], (b"nope", *labels[1:]), (labels[0] + b"0", *labels[1:])]
    if labels[0].startswith(b"_") and labels[0] != b"_":
        candidates += [(labels[0][1:], *labels[1:]), (b"_", *labels[1:]), (labels[0], b"_sctp", *labels[2:])]
    if len(labels) > 3:
        candidates += [(labels[0] + b"." + labels[1], *labels[2:]), (labels[1], labels[0], *labels[2:])]

    for candidate in candidates:
        try:
            yield Name(candidate)
        except dns.exception.DNSException:
            continue


def _pod_names(oracle: Oracle) -> Iterator[Name]:
    """Dashed addresses in every namespace, and forms that only nearly parse."""
    forms = {
        "1-2-3-4",
        "1-2-3-400",
        "01-2-3-4",
        "1-2-3",
        "fd00--1",
        "fd00-244-0-0-0-0-0-1",
        "FD00-244--",
        "fd00--1--2",
    }
    for text in objects.ADDRESSES["IPv4"] + objects.ADDRESSES["IPv6"]:
        forms.add(str(parse_address(text)).replace(".", "-").replace(":", "-"))
    for zone in oracle.zones:
        for namespace in objects.NAMESPACES:
            for form in sorted(forms):
                yield dns.name.from_text(f"{form}.{namespace}.pod", zone)


def _reverse_names() -> Iterator[Name]:
    """Of every address in the pools, in a namespace or not; and one with a leading zero."""
    own = [ip for space in objects.NAMESPACES for ip in objects.cluster_ips(space, "web", False).values()]
    for text in (*objects.ADDRESSES["IPv4"], *objects.ADDRESSES["IPv6"], *own):
        if address := parse_address(text):
            yield reverse_name(address)

    yield dns.name.from_text("01.0.244.10.in-addr.arpa")
