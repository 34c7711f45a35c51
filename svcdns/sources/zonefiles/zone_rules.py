"""The records of one file as a zone, or the rules that they break. Pure.

A broken rule means that the zone is not served as it stands. What is served, but hardly as it was
meant, is for `advice`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, RRType, Soa
from svcdns.sources.file_problems import Problem
from svcdns.sources.zonefiles import zone_lint
from svcdns.sources.zonefiles.master_file import MAX_ERRORS, MasterRecord

MAX_RRSET_BYTES = 65_000
"""Bytes; a larger one fits into no message."""

_WILDCARD = b"\1*"

RecordsByName: TypeAlias = dict[bytes, dict[RRType, list[MasterRecord]]]
"""The records by folded owner and type."""


class CheckedZone(NamedTuple):
    """The zone, where nothing makes it wrong; what was found."""

    zone: FileZone | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_zone(file: str, master_records: Sequence[MasterRecord]) -> CheckedZone:
    """The zone that these records are, or why they are none; problems in the order of the records."""
    sets = _group_records(master_records)
    apex = next((of[records.SOA][0] for of in sets.values() if records.SOA in of), None)
    if apex is None:
        wanted = "a zone has one at its apex, as '@ SOA ns hostmaster 1 7200 1800 86400 300'"
        return CheckedZone(None, (Problem(file, 0, "", f"no SOA record: {wanted}"),), ())
    origin = apex.owner.lower()
    if errors := _limit_problems(file, (problem for rule in _RULES for problem in rule(sets, apex))):
        return CheckedZone(None, errors, ())
    rrsets = {name: {t: _to_rrset(one) for t, one in of.items()} for name, of in sets.items()}
    made = FileZone(origin, _to_soa(apex, rrsets[origin][records.SOA].ttl), rrsets)
    return CheckedZone(made, (), _limit_problems(file, zone_lint.find_warnings(sets, made)))


def _limit_problems(file: str, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """As many as a person reads, in the order of the lines."""
    every = sorted(problems)
    more = len(every) - MAX_ERRORS
    return (*every[:MAX_ERRORS], *([Problem(file, 0, "", f"{more} more of these")] if more > 0 else []))


def _group_records(master_records: Sequence[MasterRecord]) -> RecordsByName:
    """By name and type; what is there twice counts once, with the lower TTL (RFC 2181 5)."""
    sets: defaultdict[tuple[bytes, RRType], dict[bytes, MasterRecord]] = defaultdict(dict)
    for record in master_records:
        one = sets[record.owner.lower(), record.type]
        known = one.get(record.rdata.canonical)
        if known is None or record.ttl < known.ttl:
            one[record.rdata.canonical] = record
    grouped: RecordsByName = {}
    for (name, rrtype), one in sets.items():
        grouped.setdefault(name, {})[rrtype] = list(one.values())
    return grouped


def _to_rrset(master_records: Sequence[MasterRecord]) -> RRset:
    return RRset(
        min(record.ttl for record in master_records), tuple(record.rdata.wire for record in master_records)
    )


def _to_soa(apex: MasterRecord, ttl: int) -> Soa:
    wire = apex.rdata.wire
    mname = names.from_labels(names.to_labels(wire))
    rname = wire[len(mname) : -records.SOA_NUMBERS.size]
    serial, refresh, retry, expire, minimum = records.SOA_NUMBERS.unpack(wire[-records.SOA_NUMBERS.size :])
    return Soa(mname, rname, minimum, refresh, retry, expire, serial, ttl)


def _check_one_soa(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for of in records_by_name.values():
        for record in of.get(records.SOA, ()):
            if record is not apex:
                yield record.make_problem(
                    f"a zone has one SOA record, at its apex; the first stands at {apex.position}"
                )


def _check_name_servers(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    if records.NS not in records_by_name[apex.owner.lower()]:
        yield apex.make_problem("no NS record beside it: a zone names its servers, as '@ NS ns'")


def _check_inside_zone(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    origin = apex.owner.lower()
    for name, of in records_by_name.items():
        if not names.is_subdomain(name, origin):
            for record in chain(*of.values()):
                yield record.make_problem(f"lies outside of the zone {names.to_text(origin)}")


def _check_cnames(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for of in records_by_name.values():
        first, *others = of.get(records.CNAME, (None,))
        if first is None:
            continue
        for record in others:
            yield record.make_problem(
                f"a name has one CNAME (RFC 2181 10.1); the first stands at {first.position}"
            )
        if len(of) > 1:
            other = next(record for record in chain(*of.values()) if record.type != records.CNAME)
            yield first.make_problem(f"a CNAME stands alone (RFC 2181 10.1); beside it is {other.position}")


def _check_wildcard_delegations(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for name, of in records_by_name.items():
        if name.startswith(_WILDCARD):
            for record in of.get(records.NS, ()):
                yield record.make_problem("a wildcard is not delegated (RFC 4592 4.2): name each subdomain")


def _check_rrset_sizes(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for of in records_by_name.values():
        for one in of.values():
            if sum(12 + len(record.rdata.wire) for record in one) > MAX_RRSET_BYTES:
                yield one[0].make_problem(f"{len(one)} records of one name and type fit into no message")


_RULES: tuple[Callable[[RecordsByName, MasterRecord], Iterator[Problem]], ...] = (
    _check_one_soa,
    _check_name_servers,
    _check_inside_zone,
    _check_cnames,
    _check_wildcard_delegations,
    _check_rrset_sizes,
)
