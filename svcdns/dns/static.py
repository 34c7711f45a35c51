"""Names of static zones as a name server answers them (RFC 1034 4.3.2, RFC 4592), for the slow path.

From the zone's apex downwards to the longest name that exists, then:

1. a delegation on the way: a referral, which is not authoritative; but DS is the parent's to answer
2. the name itself: the RRset, its CNAME, or NODATA
3. a wildcard right below the longest name that exists: the same, with the name asked for as owner
4. NXDOMAIN

The way down ends at the first name that is absent, so that many labels cost no more than few.
"""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from svcdns.dns import answers, names, nodes, records
from svcdns.dns.meta import Zone
from svcdns.dns.nodes import Get
from svcdns.dns.records import Record, Type

Read: TypeAlias = Callable[[bytes, bytes], tuple[list[Record], list[Record]]]
"""The records of a value and its glue; the first argument is the name under which it stands."""

_WILDCARD = b"\1*"
_EMPTY_NODE = bytes((0, 0, 0, nodes.TYPES, 0, nodes.TYPES + 2))
_EMPTY_REFERRAL = answers.header(answers.REFERRAL, 0, 0, 0, 0)


class Outcome(Struct, frozen=True):
    """What is said of one name and type; `link` is a CNAME's target to go on with."""

    rcode: int = records.NOERROR
    answer: list[Record] = []
    authority: list[Record] = []
    additional: list[Record] = []
    link: bytes | None = None
    authoritative: bool = True
    options: bytes = b""
    """Of EDNS, in wire form."""
    failure: str = ""
    """Why it is SERVFAIL, for metrics: `not_ready`, `cname_loop` or `broken_zone`."""


def look_up(get: Get, name: bytes, rrtype: Type, zone: Zone, read: Read = answers.read) -> Outcome:
    """The answer for a folded name in this zone; `read` is for the RRsets that the zone itself owns."""
    closest, node = _closest(get, name, zone.name)
    if node[0] & nodes.IS_CUT and not (closest == name and rrtype == records.DS):
        return _referral(get, closest, node)
    source = closest
    if closest != name:
        source = _WILDCARD + closest
        found = get(nodes.STATIC + source)
        if found is None:
            return Outcome(records.NXDOMAIN, authority=[_soa(zone)])
        node = found
    wanted = _answering_type(node, rrtype)
    value = nodes.answer(get, source, node, wanted, nodes.STATIC) if wanted else None
    if value is None:
        return Outcome(authority=[_soa(zone)])
    answer, glue = read(source, value)
    link = answer[0].rdata if wanted == records.CNAME and rrtype not in (records.CNAME, records.ANY) else None
    return Outcome(answer=[_owned(name, record) for record in answer], additional=glue, link=link)


def _closest(get: Get, name: bytes, apex: bytes) -> tuple[bytes, bytes]:
    """The longest name that exists, and its node: a cut, the name itself, or the closest encloser."""
    closest, node = apex, get(nodes.STATIC + apex) or _EMPTY_NODE
    below = [name, *names.between(name, apex)] if name != apex else []
    while below and not node[0] & nodes.IS_CUT:
        found = get(nodes.STATIC + below[-1])
        if found is None:
            break
        closest, node = below.pop(), found
    return closest, node


def _referral(get: Get, cut: bytes, node: bytes) -> Outcome:
    value = nodes.answer(get, cut, node, records.NS, nodes.STATIC) or _EMPTY_REFERRAL
    _, authority, additional = answers.read_sections(cut, value)
    return Outcome(authority=authority, additional=additional, authoritative=False)


def _answering_type(node: bytes, rrtype: Type) -> Type:
    """The type of the RRset that answers; 0 for NODATA."""
    if rrtype in nodes.types(node):
        return rrtype
    if node[0] & nodes.IS_ALIAS:
        return records.CNAME
    return nodes.any_type(node) if rrtype == records.ANY else 0


def _owned(name: bytes, record: Record) -> Record:
    """A record of a wildcard has the name asked for as its owner (RFC 4592 3.3.1)."""
    return record if record.owner == name else Record(name, record.type, record.ttl, record.rdata)


def _soa(zone: Zone) -> Record:
    return zone.soa.record(zone.name, 0)
