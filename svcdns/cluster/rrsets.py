"""RRsets of addresses and ports (specification 2.3 and 2.4)."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from svcdns.dns import names, records
from svcdns.dns.records import RRset

RRsets: TypeAlias = dict[int, RRset]

Targets: TypeAlias = Sequence[bytes]
"""Names, each once, in order."""

Ports: TypeAlias = dict[tuple[str, str], dict[int, list[Targets]]]
"""By the folded name (empty: none) and protocol of a port: what each number leads to."""


def of_addresses(found: Collection[bytes], ttl: int) -> RRsets:
    """A and AAAA of these addresses, in order."""
    v4 = tuple(sorted([address for address in found if len(address) == 4]))
    if len(v4) == len(found):
        return {records.A: RRset(ttl, v4)} if v4 else {}
    v6 = RRset(ttl, tuple(sorted([address for address in found if len(address) == 16])))
    return {records.A: RRset(ttl, v4), records.AAAA: v6} if v4 else {records.AAAA: v6}


def add_targets(ports: Ports, name: str | None, protocol: str | None, number: int, targets: Targets) -> None:
    """A port leads to these names."""
    port = (name or "").lower(), (protocol or "TCP").lower()
    ports.setdefault(port, {}).setdefault(number, []).append(targets)


def with_ports(base: bytes, own: RRsets, ports: Ports, ttl: int) -> dict[bytes, RRsets]:
    """BASE; `_port._proto.BASE` of named ports, and the empty non-terminal `_proto.BASE` above them."""
    every: dict[int, list[Targets]] = {}
    made = {base: own}
    for (name, protocol), found in ports.items():
        numbers = _joined(found)
        for number, targets in numbers.items():
            every.setdefault(number, []).append(targets)
        if name and names.is_label("_" + name):
            above = names.child(b"_" + protocol.encode(), base)
            made[above] = {}
            made[names.child(b"_" + name.encode(), above)] = {records.SRV: _srv_rrset(numbers, ttl)}
    if every:
        own[records.SRV] = _srv_rrset(_joined(every), ttl)
    return made


def _joined(numbers: Mapping[int, list[Targets]]) -> dict[int, Targets]:
    """Of each number all targets together."""
    return {number: _union(found) for number, found in numbers.items()}


def _union(found: list[Targets]) -> Targets:
    if found.count(found[0]) == len(found):  # so it is mostly
        return found[0]
    return sorted(set(itertools.chain.from_iterable(found)))


def _srv_rrset(numbers: Mapping[int, Targets], ttl: int) -> RRset:
    heads = srv_heads(numbers, sum(map(len, numbers.values())))
    return RRset(ttl, tuple([head + target for number, head in heads for target in numbers[number]]))


def srv_heads(numbers: Iterable[int], count: int) -> list[tuple[int, bytes]]:
    """RDATA before the target: priority 0; the weight is 100 by the number of records, at least 1."""
    weight = max(1, 100 // count) if count else 0
    return [(number, records.srv(number, b"", weight)) for number in sorted(numbers)]
