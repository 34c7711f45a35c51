"""The records of one file as a zone, or the rules that they break. Pure.

A zone that breaks a rule is not served as it stands. What is served, but hardly as it was meant, is for
`zone_lint`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from svcdns.dns.table.node_encoding import MAX_TYPES
from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, RRType, Soa
from svcdns.sources.file_problems import Problem
from svcdns.sources.zonefiles import zone_lint
from svcdns.sources.zonefiles.master_file import MAX_ERRORS, MasterRecord

MAX_RRSET_BYTES = 65_000
"""The largest RRset, in bytes of its records without owners; a larger one fits into no message."""

_WILDCARD = b"\1*"

RecordsByName: TypeAlias = dict[bytes, dict[RRType, list[MasterRecord]]]
"""The records by folded owner and type; no two of an RRset have equal data."""


class CheckedZone(NamedTuple):
    """The zone, None where it breaks a rule, and all problems."""

    zone: FileZone | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_zone(file: str, master_records: Sequence[MasterRecord]) -> CheckedZone:
    """Make the zone of these records, or find why they are none; problems are in the order of the records."""
    records_by_name = _group_records(master_records)
    apex = _find_soa(records_by_name)
    if apex is None:
        remedy = "a zone has one at its apex, as '@ SOA ns hostmaster 1 7200 1800 86400 300'"
        return CheckedZone(None, (Problem(file, 0, "", f"no SOA record: {remedy}"),), ())

    errors = _limit_problems(file, chain(*(rule(records_by_name, apex) for rule in _RULES)))
    if errors:
        return CheckedZone(None, errors, ())

    origin = apex.owner.lower()
    rrsets = {
        name: {rrtype: _to_rrset(rrset_records) for rrtype, rrset_records in records_by_type.items()}
        for name, records_by_type in records_by_name.items()
    }
    zone = FileZone(origin, _to_soa(apex, rrsets[origin][records.SOA].ttl), rrsets)
    return CheckedZone(zone, (), _limit_problems(file, zone_lint.find_warnings(records_by_name, zone)))


def _find_soa(records_by_name: RecordsByName) -> MasterRecord | None:
    for records_by_type in records_by_name.values():
        if records.SOA in records_by_type:
            return records_by_type[records.SOA][0]
    return None


def _limit_problems(file: str, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return as many as a person reads, in the order of the lines, and how many more there are."""
    ordered = sorted(problems)
    unnamed_count = len(ordered) - MAX_ERRORS
    if unnamed_count <= 0:
        return tuple(ordered)

    return (*ordered[:MAX_ERRORS], Problem(file, 0, "", f"{unnamed_count} more of these"))


def _group_records(master_records: Sequence[MasterRecord]) -> RecordsByName:
    """Group by name and type; what is there twice counts once, with the lower TTL (RFC 2181 5)."""
    rrsets: defaultdict[tuple[bytes, RRType], dict[bytes, MasterRecord]] = defaultdict(dict)
    for record in master_records:
        # Two records are the same when their canonical data is, whatever the case of names in it.
        record_by_data = rrsets[record.owner.lower(), record.type]
        duplicate = record_by_data.get(record.rdata.canonical)
        if duplicate is None or record.ttl < duplicate.ttl:
            record_by_data[record.rdata.canonical] = record

    grouped: RecordsByName = {}
    for (name, rrtype), record_by_data in rrsets.items():
        grouped.setdefault(name, {})[rrtype] = list(record_by_data.values())
    return grouped


def _to_rrset(master_records: Sequence[MasterRecord]) -> RRset:
    # Records of one RRset have one TTL, the lowest (RFC 2181 5.2).
    ttl = min(record.ttl for record in master_records)
    return RRset(ttl, tuple(record.rdata.wire for record in master_records))


def _to_soa(apex: MasterRecord, ttl: int) -> Soa:
    # RFC 1035 3.3.13: two names, then five numbers of 32 bits.
    wire = apex.rdata.wire
    mname = names.from_labels(names.to_labels(wire))
    rname = wire[len(mname) : -records.SOA_NUMBERS.size]
    serial, refresh, retry, expire, minimum = records.SOA_NUMBERS.unpack(wire[-records.SOA_NUMBERS.size :])
    return Soa(mname, rname, minimum, refresh, retry, expire, serial, ttl)


def _check_one_soa(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for records_by_type in records_by_name.values():
        for record in records_by_type.get(records.SOA, ()):
            if record is not apex:
                yield record.make_problem(
                    f"a zone has one SOA record, at its apex; the first stands at {apex.position}"
                )


def _check_inside_zone(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    origin = apex.owner.lower()
    for name, records_by_type in records_by_name.items():
        if not names.is_subdomain(name, origin):
            for record in chain(*records_by_type.values()):
                yield record.make_problem(f"lies outside of the zone {names.to_text(origin)}")


def _check_cnames(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for records_by_type in records_by_name.values():
        cnames = records_by_type.get(records.CNAME, ())
        if not cnames:
            continue

        yield from _check_single(cnames, "CNAME (RFC 2181 10.1)")
        first = cnames[0]
        all_records = chain(*records_by_type.values())
        neighbour = next((record for record in all_records if record.type != records.CNAME), None)
        if neighbour:
            yield first.make_problem(
                f"a CNAME stands alone (RFC 2181 10.1); beside it is {neighbour.position}"
            )


def _check_dnames(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for records_by_type in records_by_name.values():
        yield from _check_single(records_by_type.get(records.DNAME, ()), "DNAME (RFC 6672 2.4)")


def _check_single(own_records: Sequence[MasterRecord], kind: str) -> Iterator[Problem]:
    """A mistake for each record of a name behind the first of this kind."""
    for record in own_records[1:]:
        yield record.make_problem(f"a name has one {kind}; the first stands at {own_records[0].position}")


def _check_type_counts(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for records_by_type in records_by_name.values():
        if len(records_by_type) > MAX_TYPES:
            last_record = list(records_by_type.values())[-1][0]
            yield last_record.make_problem(
                f"the name has {len(records_by_type)} types, and a name has at most {MAX_TYPES}"
            )


def _check_wildcard_delegations(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for name, records_by_type in records_by_name.items():
        if name.startswith(_WILDCARD):
            for record in records_by_type.get(records.NS, ()):
                yield record.make_problem("a wildcard is not delegated (RFC 4592 4.2): name each subdomain")


def _check_rrset_sizes(records_by_name: RecordsByName, apex: MasterRecord) -> Iterator[Problem]:
    for records_by_type in records_by_name.values():
        for rrset_records in records_by_type.values():
            # 12 bytes stand before the data of each: a compressed owner, type, class, TTL and length.
            size = sum(12 + len(record.rdata.wire) for record in rrset_records)
            if size > MAX_RRSET_BYTES:
                yield rrset_records[0].make_problem(
                    f"{len(rrset_records)} records of one name and type fit into no message"
                )


_RULES: tuple[Callable[[RecordsByName, MasterRecord], Iterator[Problem]], ...] = (
    _check_one_soa,
    _check_inside_zone,
    _check_cnames,
    _check_dnames,
    _check_wildcard_delegations,
    _check_type_counts,
    _check_rrset_sizes,
)
