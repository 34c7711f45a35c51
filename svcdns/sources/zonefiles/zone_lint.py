"""Warnings about zones that break no rule and yet are hardly what was meant. Pure."""

import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from svcdns.dns.table import zone_encoding
from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRType
from svcdns.sources.file_problems import Problem
from svcdns.sources.zonefiles.master_file import MasterRecord

_WILDCARD = b"\1*"
_ADDRESS_TYPES = (records.A, records.AAAA)
_TYPES_WITH_TARGET = (records.NS, records.CNAME, records.DNAME, records.PTR, records.MX, records.SRV)


def find_warnings(
    records_by_name: Mapping[bytes, Mapping[RRType, Sequence[MasterRecord]]], static_zone: FileZone
) -> Iterator[Problem]:
    """Yield what is worth a look in a zone.

    `records_by_name` are the records that the zone was made from, by folded owner and type.
    """
    zone_cuts = zone_encoding.zone_cuts(static_zone)
    dname_owners = zone_encoding.dname_owners(static_zone)

    apex_records = records_by_name[static_zone.origin]
    if records.NS not in apex_records:
        yield apex_records[records.SOA][0].make_problem(
            "no NS record beside it: a zone names its servers, as '@ NS ns'"
        )

    for name, records_by_type in records_by_name.items():
        zone_cut = _find_zone_cut(name, static_zone.origin, zone_cuts)
        if _has_doubled_origin(name, static_zone.origin):
            first_record = next(iter(records_by_type.values()))[0]
            yield first_record.make_problem("the zone's name is in it twice: is a dot missing at the end?")

        yield from _check_redirection(name, static_zone.origin, dname_owners, records_by_type)
        for rrtype, rrset_records in records_by_type.items():
            yield from _check_ttls(rrset_records)

            # Below a cut only glue is answered, and the NS records of the cut itself (RFC 1034 4.2.1).
            is_delegation = rrtype == records.NS and name == zone_cut
            if zone_cut and not is_delegation and rrtype not in _ADDRESS_TYPES:
                yield rrset_records[0].make_problem(
                    f"is never answered: {names.to_text(zone_cut)} is delegated"
                )

            if rrtype in _TYPES_WITH_TARGET:
                for record in rrset_records:
                    yield from _check_target(record, static_zone)

            if zone_cut and is_delegation:
                yield from _check_glue(rrset_records, zone_cut, records_by_name)


def _find_zone_cut(name: bytes, origin: bytes, zone_cuts: Collection[bytes]) -> bytes | None:
    """Return the delegation that the name is, or that it lies below; of several the one nearest the apex."""
    path_from_apex = (*reversed(names.ancestors_below(name, origin)), name)
    return next((ancestor for ancestor in path_from_apex if ancestor in zone_cuts), None)


def _check_redirection(
    name: bytes,
    origin: bytes,
    dname_owners: Collection[bytes],
    records_by_type: Mapping[RRType, Sequence[MasterRecord]],
) -> Iterator[Problem]:
    if name.startswith(_WILDCARD) and records.DNAME in records_by_type:
        yield records_by_type[records.DNAME][0].make_problem(
            "a wildcard redirects nothing (RFC 6672 3.3): name each subdomain"
        )

    # What lies below a DNAME is redirected, whatever the file has there (RFC 6672 2.4).
    ancestors = (*names.ancestors_below(name, origin), origin) if name != origin else ()
    owner = next((ancestor for ancestor in ancestors if ancestor in dname_owners), None)
    if owner is None:
        return

    for rrset_records in records_by_type.values():
        yield rrset_records[0].make_problem(f"is never answered: {names.to_text(owner)} has a DNAME")


def _has_doubled_origin(name: bytes, origin: bytes) -> bool:
    # Each name of the root zone would have its origin twice.
    return origin != names.ROOT and names.is_subdomain(name, origin[:-1] + origin)


def _check_ttls(rrset_records: Sequence[MasterRecord]) -> Iterator[Problem]:
    first = rrset_records[0]
    lowest_ttl = min(record.ttl for record in rrset_records)
    deviating = next((record for record in rrset_records if record.ttl != first.ttl), None)

    if deviating:
        yield deviating.make_problem(
            f"TTL {deviating.ttl}, but {first.ttl} at {first.position}: "
            f"all of them get {lowest_ttl} (RFC 2181 5.2)"
        )


def _check_target(record: MasterRecord, static_zone: FileZone) -> Iterator[Problem]:
    target = records.rdata_target(record.type, record.rdata.wire).lower()
    relative_name = names.to_text(target.removesuffix(static_zone.origin) + names.ROOT)[:-1]

    if _has_doubled_origin(target, static_zone.origin):
        yield record.make_problem(f"points to {names.to_text(target)}: is a dot missing at the end?")
    elif relative_name[:1].isdigit():
        with suppress(ValueError):
            address = ipaddress.IPv4Address(relative_name)
            yield record.make_problem(f"points to {address}, an address; expected a name")


def _check_glue(
    rrset_records: Sequence[MasterRecord],
    zone_cut: bytes,
    records_by_name: Mapping[bytes, Mapping[RRType, object]],
) -> Iterator[Problem]:
    # To find a name server below the cut, one would have to ask that very server.
    for record in rrset_records:
        target = records.rdata_target(records.NS, record.rdata.wire).lower()
        types_of_target = records_by_name.get(target, {})
        has_address = any(rrtype in types_of_target for rrtype in _ADDRESS_TYPES)

        if names.is_subdomain(target, zone_cut) and not has_address:
            text = names.to_text(target)
            yield record.make_problem(f"no address of {text} here: below a delegation it is needed as glue")
