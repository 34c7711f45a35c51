"""The records of one file as a zone, or the rules that they break. Pure.

A broken rule means that the zone is not served as it stands. What is served, but hardly as it was
meant, is for `advice`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from svcdns.dns import names, records
from svcdns.dns.records import RRset, Soa, Type
from svcdns.dns.zone import StaticZone
from svcdns.sources.problems import Problem
from svcdns.sources.zonefiles import advice
from svcdns.sources.zonefiles.master import MAX_ERRORS, MasterRecord

MAX_RRSET = 65_000
"""Bytes; a larger one fits into no message."""

_WILDCARD = b"\1*"

Sets: TypeAlias = dict[bytes, dict[Type, list[MasterRecord]]]
"""The records by folded owner and type."""


class Judged(NamedTuple):
    """The zone, where nothing makes it wrong; what was found."""

    zone: StaticZone | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def judge(file: str, found: Sequence[MasterRecord]) -> Judged:
    """The zone that these records are, or why they are none; problems in the order of the records."""
    sets = _grouped(found)
    apex = next((of[records.SOA][0] for of in sets.values() if records.SOA in of), None)
    if apex is None:
        wanted = "a zone has one at its apex, as '@ SOA ns hostmaster 1 7200 1800 86400 300'"
        return Judged(None, (Problem(file, 0, "", f"no SOA record: {wanted}"),), ())
    origin = apex.owner.lower()
    if errors := _first(file, (problem for rule in _RULES for problem in rule(sets, apex))):
        return Judged(None, errors, ())
    rrsets = {name: {t: _rrset(one) for t, one in of.items()} for name, of in sets.items()}
    made = StaticZone(origin, _soa(apex, rrsets[origin][records.SOA].ttl), rrsets)
    return Judged(made, (), _first(file, advice.warnings(sets, made)))


def _first(file: str, found: Iterable[Problem]) -> tuple[Problem, ...]:
    """As many as a person reads, in the order of the lines."""
    every = sorted(found)
    more = len(every) - MAX_ERRORS
    return (*every[:MAX_ERRORS], *([Problem(file, 0, "", f"{more} more of these")] if more > 0 else []))


def _grouped(found: Sequence[MasterRecord]) -> Sets:
    """By name and type; what is there twice counts once, with the lower TTL (RFC 2181 5)."""
    sets: defaultdict[tuple[bytes, Type], dict[bytes, MasterRecord]] = defaultdict(dict)
    for record in found:
        one = sets[record.owner.lower(), record.type]
        known = one.get(record.data.canonical)
        if known is None or record.ttl < known.ttl:
            one[record.data.canonical] = record
    grouped: Sets = {}
    for (name, rrtype), one in sets.items():
        grouped.setdefault(name, {})[rrtype] = list(one.values())
    return grouped


def _rrset(of: Sequence[MasterRecord]) -> RRset:
    return RRset(min(record.ttl for record in of), tuple(record.data.wire for record in of))


def _soa(apex: MasterRecord, ttl: int) -> Soa:
    wire = apex.data.wire
    mname = names.from_labels(names.to_labels(wire))
    rname = wire[len(mname) : -records.SOA_NUMBERS.size]
    serial, refresh, retry, expire, minimum = records.SOA_NUMBERS.unpack(wire[-records.SOA_NUMBERS.size :])
    return Soa(mname, rname, minimum, refresh, retry, expire, serial, ttl)


def _one_soa(sets: Sets, apex: MasterRecord) -> Iterator[Problem]:
    for of in sets.values():
        for record in of.get(records.SOA, ()):
            if record is not apex:
                yield record.problem(
                    f"a zone has one SOA record, at its apex; the first stands at {apex.place}"
                )


def _name_servers(sets: Sets, apex: MasterRecord) -> Iterator[Problem]:
    if records.NS not in sets[apex.owner.lower()]:
        yield apex.problem("no NS record beside it: a zone names its servers, as '@ NS ns'")


def _inside(sets: Sets, apex: MasterRecord) -> Iterator[Problem]:
    origin = apex.owner.lower()
    for name, of in sets.items():
        if not names.is_below(name, origin):
            for record in chain(*of.values()):
                yield record.problem(f"lies outside of the zone {names.to_text(origin)}")


def _aliases(sets: Sets, apex: MasterRecord) -> Iterator[Problem]:
    for of in sets.values():
        first, *others = of.get(records.CNAME, (None,))
        if first is None:
            continue
        for record in others:
            yield record.problem(f"a name has one CNAME (RFC 2181 10.1); the first stands at {first.place}")
        if len(of) > 1:
            other = next(record for record in chain(*of.values()) if record.type != records.CNAME)
            yield first.problem(f"a CNAME stands alone (RFC 2181 10.1); beside it is {other.place}")


def _wildcard_delegations(sets: Sets, apex: MasterRecord) -> Iterator[Problem]:
    for name, of in sets.items():
        if name.startswith(_WILDCARD):
            for record in of.get(records.NS, ()):
                yield record.problem("a wildcard is not delegated (RFC 4592 4.2): name each subdomain")


def _sizes(sets: Sets, apex: MasterRecord) -> Iterator[Problem]:
    for of in sets.values():
        for one in of.values():
            if sum(12 + len(record.data.wire) for record in one) > MAX_RRSET:
                yield one[0].problem(f"{len(one)} records of one name and type fit into no message")


_RULES: tuple[Callable[[Sets, MasterRecord], Iterator[Problem]], ...] = (
    _one_soa,
    _name_servers,
    _inside,
    _aliases,
    _wildcard_delegations,
    _sizes,
)
