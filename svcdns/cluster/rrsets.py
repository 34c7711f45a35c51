"""RRsets of addresses and ports (specification 2.3 and 2.4)."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset

RRsets: TypeAlias = dict[int, RRset]

SrvTargets: TypeAlias = Sequence[bytes]
"""Names, each once, in order."""

TargetsByPort: TypeAlias = dict[tuple[str, str], dict[int, list[SrvTargets]]]
"""By the folded name (empty: none) and protocol of a port: what each number leads to."""


def address_rrsets(packed_addresses: Collection[bytes], ttl: int) -> RRsets:
    """A and AAAA of these addresses, in order."""
    v4 = tuple(sorted([address for address in packed_addresses if len(address) == 4]))
    if len(v4) == len(packed_addresses):
        return {records.A: RRset(ttl, v4)} if v4 else {}
    v6 = RRset(ttl, tuple(sorted([address for address in packed_addresses if len(address) == 16])))
    return {records.A: RRset(ttl, v4), records.AAAA: v6} if v4 else {records.AAAA: v6}


def add_port_targets(
    ports: TargetsByPort, name: str | None, protocol: str | None, number: int, targets: SrvTargets
) -> None:
    """A port leads to these names."""
    port = (name or "").lower(), (protocol or "TCP").lower()
    ports.setdefault(port, {}).setdefault(number, []).append(targets)


def add_srv_names(base: bytes, base_rrsets: RRsets, ports: TargetsByPort, ttl: int) -> dict[bytes, RRsets]:
    """BASE; `_port._proto.BASE` of named ports, and the empty non-terminal `_proto.BASE` above them."""
    every: dict[int, list[SrvTargets]] = {}
    made = {base: base_rrsets}
    for (name, protocol), found in ports.items():
        numbers = _join_targets(found)
        for number, targets in numbers.items():
            every.setdefault(number, []).append(targets)
        if name and names.is_label("_" + name):
            above = names.prepend_label(b"_" + protocol.encode(), base)
            made[above] = {}
            made[names.prepend_label(b"_" + name.encode(), above)] = {records.SRV: _srv_rrset(numbers, ttl)}
    if every:
        base_rrsets[records.SRV] = _srv_rrset(_join_targets(every), ttl)
    return made


def _join_targets(numbers: Mapping[int, list[SrvTargets]]) -> dict[int, SrvTargets]:
    """Of each number all targets together."""
    return {number: _merge_targets(found) for number, found in numbers.items()}


def _merge_targets(target_lists: list[SrvTargets]) -> SrvTargets:
    if target_lists.count(target_lists[0]) == len(target_lists):  # so it is mostly
        return target_lists[0]
    return sorted(set(itertools.chain.from_iterable(target_lists)))


def _srv_rrset(numbers: Mapping[int, SrvTargets], ttl: int) -> RRset:
    heads = srv_heads(numbers, sum(map(len, numbers.values())))
    return RRset(ttl, tuple([head + target for number, head in heads for target in numbers[number]]))


def srv_heads(numbers: Iterable[int], count: int) -> list[tuple[int, bytes]]:
    """RDATA before the target: priority 0; the weight is 100 by the number of records, at least 1."""
    weight = max(1, 100 // count) if count else 0
    return [(number, records.srv_rdata(number, b"", weight)) for number in sorted(numbers)]
