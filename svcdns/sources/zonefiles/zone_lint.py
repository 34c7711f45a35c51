"""Zones that break no rule and yet are hardly what was meant: a word of warning for each place. Pure."""

import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from svcdns.dns.table import zone_encoding
from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRType
from svcdns.sources.file_problems import Problem
from svcdns.sources.zonefiles.master_file import MasterRecord

_ADDRESS_TYPES = (records.A, records.AAAA)
_TYPES_WITH_TARGET = (records.NS, records.CNAME, records.PTR, records.MX, records.SRV)


def find_warnings(
    records_by_name: Mapping[bytes, Mapping[RRType, Sequence[MasterRecord]]], static_zone: FileZone
) -> Iterator[Problem]:
    """What is worth a look in a zone; `sets` are the records that it was made from."""
    cuts = zone_encoding.zone_cuts(static_zone)
    for name, of in records_by_name.items():
        cut = _find_zone_cut(name, static_zone.origin, cuts)
        if _has_doubled_origin(name, static_zone.origin):
            yield next(iter(of.values()))[0].make_problem(
                "the zone's name is in it twice: is a dot missing at the end?"
            )
        for rrtype, one in of.items():
            yield from _check_ttls(one)
            if cut and not (rrtype in _ADDRESS_TYPES or (rrtype == records.NS and name == cut)):
                yield one[0].make_problem(f"is never answered: {names.to_text(cut)} is delegated")
            if rrtype in _TYPES_WITH_TARGET:
                for record in one:
                    yield from _check_target(record, static_zone)
            if rrtype == records.NS and name == cut:
                yield from _check_glue(one, cut, records_by_name)


def _find_zone_cut(name: bytes, origin: bytes, zone_cuts: Collection[bytes]) -> bytes | None:
    """The delegation that the name is, or that it lies below."""
    path = (*reversed(names.ancestors_below(name, origin)), name)
    return next((above for above in path if above in zone_cuts), None)


def _has_doubled_origin(name: bytes, origin: bytes) -> bool:
    return origin != names.ROOT and names.is_subdomain(name, origin[:-1] + origin)


def _check_ttls(rrset_records: Sequence[MasterRecord]) -> Iterator[Problem]:
    least = min(record.ttl for record in rrset_records)
    other = next((record for record in rrset_records if record.ttl != rrset_records[0].ttl), None)
    if other:
        yield other.make_problem(
            f"TTL {other.ttl}, but {rrset_records[0].ttl} at {rrset_records[0].position}: "
            f"all of them get {least} (RFC 2181 5.2)"
        )


def _check_target(record: MasterRecord, static_zone: FileZone) -> Iterator[Problem]:
    target = records.rdata_target(record.type, record.rdata.wire).lower()
    relative = names.to_text(target.removesuffix(static_zone.origin) + names.ROOT)[:-1]
    if _has_doubled_origin(target, static_zone.origin):
        yield record.make_problem(f"points to {names.to_text(target)}: is a dot missing at the end?")
    elif relative[:1].isdigit():
        with suppress(ValueError):
            address = ipaddress.IPv4Address(relative)
            yield record.make_problem(f"points to {address}, an address; wanted is a name")


def _check_glue(
    rrset_records: Sequence[MasterRecord],
    zone_cut: bytes,
    records_by_name: Mapping[bytes, Mapping[RRType, object]],
) -> Iterator[Problem]:
    for record in rrset_records:
        target = records.rdata_target(records.NS, record.rdata.wire).lower()
        if names.is_subdomain(target, zone_cut) and not any(
            rrtype in records_by_name.get(target, ()) for rrtype in _ADDRESS_TYPES
        ):
            text = names.to_text(target)
            yield record.make_problem(f"no address of {text} here: below a delegation it is needed as glue")
