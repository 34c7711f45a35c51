"""RRsets of addresses and ports (specification 2.3 and 2.4)."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, RRType

RRsets: TypeAlias = dict[RRType, RRset]

SrvTargets: TypeAlias = Sequence[bytes]
"""Targets of SRV records: wire names, each once, in order."""

TargetsByPort: TypeAlias = dict[tuple[str, str], dict[int, list[SrvTargets]]]
"""By a port's folded name (empty: none) and protocol: for each port number the lists of its targets."""


def address_rrsets(packed_addresses: Collection[bytes], ttl: int) -> RRsets:
    """A and AAAA of these addresses, in order."""
    v4 = tuple(sorted([address for address in packed_addresses if len(address) == 4]))
    v6: tuple[bytes, ...] = ()
    # Most Services have one family, and a list of 10,000 addresses need not be searched again.
    if len(v4) < len(packed_addresses):
        v6 = tuple(sorted([address for address in packed_addresses if len(address) == 16]))

    rrsets = {}
    if v4:
        rrsets[records.A] = RRset(ttl, v4)
    if v6:
        rrsets[records.AAAA] = RRset(ttl, v6)
    return rrsets


def add_port_targets(
    ports: TargetsByPort, name: str | None, protocol: str | None, number: int, targets: SrvTargets
) -> None:
    """Add that a port leads to these names; its protocol is TCP where the object has none."""
    port = ((name or "").lower(), (protocol or "TCP").lower())
    ports.setdefault(port, {}).setdefault(number, []).append(targets)


def add_srv_names(base: bytes, base_rrsets: RRsets, ports: TargetsByPort, ttl: int) -> dict[bytes, RRsets]:
    """BASE; `_port._proto.BASE` of named ports, and the empty non-terminal `_proto.BASE` above them.

    BASE owns an SRV record for each port, named or not. `base_rrsets` gets that RRset too.
    """
    rrsets_by_name = {base: base_rrsets}
    all_targets: dict[int, list[SrvTargets]] = {}

    for (name, protocol), target_lists_by_number in ports.items():
        targets_by_number = _merge_by_number(target_lists_by_number)
        for number, targets in targets_by_number.items():
            all_targets.setdefault(number, []).append(targets)

        # The underscore makes the label one byte longer: a port's name of 63 has none. Nor has one below a
        # long BASE, and there are two lengths and two underscores.
        length = len(name) + len(protocol) + 4 + len(base)
        if name and names.is_label("_" + name) and length <= names.MAX_NAME_LENGTH:
            protocol_name = names.prepend_label(b"_" + protocol.encode(), base)
            port_name = names.prepend_label(b"_" + name.encode(), protocol_name)
            rrsets_by_name[protocol_name] = {}
            rrsets_by_name[port_name] = {records.SRV: _srv_rrset(targets_by_number, ttl)}

    if all_targets:
        base_rrsets[records.SRV] = _srv_rrset(_merge_by_number(all_targets), ttl)
    return rrsets_by_name


def _merge_by_number(target_lists_by_number: Mapping[int, list[SrvTargets]]) -> dict[int, SrvTargets]:
    """All targets of each port number."""
    return {number: _merge_targets(target_lists) for number, target_lists in target_lists_by_number.items()}


def _merge_targets(target_lists: list[SrvTargets]) -> SrvTargets:
    # Mostly all ports lead to the same endpoints, and the list need not be sorted again.
    if target_lists.count(target_lists[0]) == len(target_lists):
        return target_lists[0]

    return sorted(set(itertools.chain.from_iterable(target_lists)))


def _srv_rrset(targets_by_number: Mapping[int, SrvTargets], ttl: int) -> RRset:
    count = sum(map(len, targets_by_number.values()))
    heads = srv_heads(targets_by_number, count)
    rdata = [head + target for number, head in heads for target in targets_by_number[number]]
    return RRset(ttl, tuple(rdata))


def srv_heads(numbers: Iterable[int], count: int) -> list[tuple[int, bytes]]:
    """For each port number, in order, the RDATA of its SRV records before the target.

    `count` is the number of records in the RRset. The weight is 100 divided by it, at least 1, as
    CoreDNS has it; the priority is 0.
    """
    weight = max(1, 100 // count) if count else 0
    return [(number, records.srv_rdata(number, b"", weight)) for number in sorted(numbers)]
