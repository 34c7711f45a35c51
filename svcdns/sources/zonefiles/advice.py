"""Zones that break no rule and yet are hardly what was meant: a word of warning for each place. Pure."""

import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from svcdns.dns import names, records, zone
from svcdns.dns.records import Type
from svcdns.dns.zone import StaticZone
from svcdns.sources.problems import Problem
from svcdns.sources.zonefiles.master import MasterRecord

_ADDRESSES = (records.A, records.AAAA)
_POINTING = (records.NS, records.CNAME, records.PTR, records.MX, records.SRV)


def warnings(
    sets: Mapping[bytes, Mapping[Type, Sequence[MasterRecord]]], made: StaticZone
) -> Iterator[Problem]:
    """What is worth a look in a zone; `sets` are the records that it was made from."""
    cuts = zone.delegations(made)
    for name, of in sets.items():
        cut = _cut(name, made.origin, cuts)
        if _is_doubled(name, made.origin):
            yield next(iter(of.values()))[0].problem(
                "the zone's name is in it twice: is a dot missing at the end?"
            )
        for rrtype, one in of.items():
            yield from _ttls(one)
            if cut and not (rrtype in _ADDRESSES or (rrtype == records.NS and name == cut)):
                yield one[0].problem(f"is never answered: {names.to_text(cut)} is delegated")
            if rrtype in _POINTING:
                for record in one:
                    yield from _target(record, made)
            if rrtype == records.NS and name == cut:
                yield from _glue(one, cut, sets)


def _cut(name: bytes, origin: bytes, cuts: Collection[bytes]) -> bytes | None:
    """The delegation that the name is, or that it lies below."""
    path = (*reversed(names.between(name, origin)), name)
    return next((above for above in path if above in cuts), None)


def _is_doubled(name: bytes, origin: bytes) -> bool:
    return origin != names.ROOT and names.is_below(name, origin[:-1] + origin)


def _ttls(one: Sequence[MasterRecord]) -> Iterator[Problem]:
    least = min(record.ttl for record in one)
    other = next((record for record in one if record.ttl != one[0].ttl), None)
    if other:
        yield other.problem(
            f"TTL {other.ttl}, but {one[0].ttl} at {one[0].place}: all of them get {least} (RFC 2181 5.2)"
        )


def _target(record: MasterRecord, made: StaticZone) -> Iterator[Problem]:
    target = records.target(record.type, record.data.wire).lower()
    relative = names.to_text(target.removesuffix(made.origin) + names.ROOT)[:-1]
    if _is_doubled(target, made.origin):
        yield record.problem(f"points to {names.to_text(target)}: is a dot missing at the end?")
    elif relative[:1].isdigit():
        with suppress(ValueError):
            address = ipaddress.IPv4Address(relative)
            yield record.problem(f"points to {address}, an address; wanted is a name")


def _glue(
    one: Sequence[MasterRecord], cut: bytes, sets: Mapping[bytes, Mapping[Type, object]]
) -> Iterator[Problem]:
    for record in one:
        target = records.target(records.NS, record.data.wire).lower()
        if names.is_below(target, cut) and not any(rrtype in sets.get(target, ()) for rrtype in _ADDRESSES):
            text = names.to_text(target)
            yield record.problem(f"no address of {text} here: below a delegation it is needed as glue")
