"""Names of zone files as a name server answers them (RFC 1034 4.3.2, RFC 4592), for the slow path.

From the zone's apex downwards to the longest name that exists, then:

1. a delegation on the way: a referral, which is not authoritative; but DS is the parent's to answer
2. a DNAME on the way: itself, and the CNAME that it makes of the name (RFC 6672 3.2)
3. the name itself: the RRset, its CNAME, or NODATA
4. a wildcard right below the longest name that exists: the same, with the name asked for as owner
5. NXDOMAIN

The way down ends at the first name that is absent, so that many labels cost no more than few.
"""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from svcdns.dns.table import node_format, rrset_encoding
from svcdns.dns.table.node_format import GetValue
from svcdns.dns.table.table_meta import Zone
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import Record, RRType

ReadAnswer: TypeAlias = Callable[[bytes, bytes], tuple[list[Record], list[Record]]]
"""The records of a value, and its glue; the first argument is the name under which the value stands."""

_TYPES_OF_THE_ALIAS = (records.CNAME, records.ANY)
"""Who asks for these wants the CNAME itself."""
_WILDCARD = b"\1*"
# For a table that lacks what its meta promises: such a zone then denies names, instead of an error.
_EMPTY_NODE = bytes((0, 0, 0, node_format.TYPES_OFFSET, 0, node_format.TYPES_OFFSET + 2))
_EMPTY_REFERRAL = rrset_encoding.encode_answer_header(rrset_encoding.REFERRAL, 0, 0, 0, 0)


class LookupResult(Struct, frozen=True):
    """The answer for one name and type."""

    rcode: int = records.NOERROR
    answer: list[Record] = []
    authority: list[Record] = []
    additional: list[Record] = []
    cname_target: bytes | None = None
    """The target of a CNAME in `answer`, which is to be looked up next."""
    is_authoritative: bool = True
    edns_options: bytes = b""
    """EDNS options to send with the answer, in wire form."""
    needed_additional: int = 0
    """How many of the first records of `additional` may not be missing without TC (RFC 9471 3.1)."""
    failure: str = ""
    """Why it is SERVFAIL, for metrics: `not_ready`, `cname_loop` or `broken_zone`."""

    @property
    def is_referral(self) -> bool:
        """Whether other servers have this name (RFC 1034 4.3.2)."""
        return not self.is_authoritative and self.rcode == records.NOERROR


def look_up_in_zone(
    get: GetValue,
    name: bytes,
    rrtype: RRType,
    zone: Zone,
    read_answer: ReadAnswer = rrset_encoding.decode_answer,
) -> LookupResult:
    """The answer for a folded name in this zone; `read_answer` decodes RRsets that the zone itself owns."""
    closest, node = _find_closest(get, name, zone.name)
    if node[0] & node_format.ZONE_CUT_FLAG and not (closest == name and rrtype == records.DS):
        return _referral(get, closest, node)

    if node[0] & node_format.DNAME_FLAG and closest != name:
        return _redirect(get, name, rrtype, closest, node)

    source = closest
    if closest != name:
        source = _WILDCARD + closest
        wildcard_node = get(node_format.FILE_ZONE_PREFIX + source)
        if wildcard_node is None:
            return LookupResult(records.NXDOMAIN, authority=[_soa_record(zone)])
        node = wildcard_node

    answering_type = _answering_type(node, rrtype)
    value = None
    if answering_type:
        value = node_format.find_answer(get, source, node, answering_type, node_format.FILE_ZONE_PREFIX)
    if value is None:
        return LookupResult(authority=[_soa_record(zone)])

    answer, glue = read_answer(source, value)
    is_followed = answering_type == records.CNAME and rrtype not in _TYPES_OF_THE_ALIAS
    return LookupResult(
        answer=[_with_owner(name, record) for record in answer],
        additional=glue,
        cname_target=answer[0].rdata if is_followed else None,
    )


def _find_closest(get: GetValue, name: bytes, apex: bytes) -> tuple[bytes, bytes]:
    """The longest name that exists, and its node: a cut, a DNAME's, the name itself, or the closest."""
    closest = apex
    node = get(node_format.FILE_ZONE_PREFIX + apex) or _EMPTY_NODE

    # Downwards from the apex: the shortest name is the last of the list.
    below = [name, *names.ancestors_below(name, apex)] if name != apex else []
    while below and not node[0] & (node_format.ZONE_CUT_FLAG | node_format.DNAME_FLAG):
        next_node = get(node_format.FILE_ZONE_PREFIX + below[-1])
        if next_node is None:
            break
        closest = below.pop()
        node = next_node
    return closest, node


def _referral(get: GetValue, cut: bytes, node: bytes) -> LookupResult:
    value = (
        node_format.find_answer(get, cut, node, records.NS, node_format.FILE_ZONE_PREFIX) or _EMPTY_REFERRAL
    )
    _, authority, additional = rrset_encoding.decode_sections(cut, value)

    # Servers below the cut are found by this glue alone, so it stands first.
    in_domain = [record for record in additional if names.is_subdomain(record.owner.lower(), cut)]
    siblings = [record for record in additional if not names.is_subdomain(record.owner.lower(), cut)]
    return LookupResult(
        authority=authority,
        additional=in_domain + siblings,
        is_authoritative=False,
        needed_additional=len(in_domain),
    )


def _redirect(get: GetValue, name: bytes, rrtype: RRType, owner: bytes, node: bytes) -> LookupResult:
    """A name below a DNAME: the DNAME, and a CNAME with its TTL; YXDOMAIN where the target is too long."""
    value = node_format.find_answer(get, owner, node, records.DNAME, node_format.FILE_ZONE_PREFIX)
    if value is None:
        return LookupResult(records.SERVFAIL, is_authoritative=False, failure="broken_zone")

    (dname,), _ = rrset_encoding.decode_answer(owner, value)
    target = name[: len(name) - len(owner)] + dname.rdata
    if len(target) > names.MAX_NAME_LENGTH:
        return LookupResult(records.YXDOMAIN, answer=[dname])

    return LookupResult(
        answer=[dname, Record(name, records.CNAME, dname.ttl, target)],
        cname_target=None if rrtype in _TYPES_OF_THE_ALIAS else target,
    )


def _answering_type(node: bytes, rrtype: RRType) -> RRType:
    """The type of the RRset that answers; 0 for NODATA."""
    if rrtype in node_format.node_types(node):
        return rrtype
    if node[0] & node_format.ALIAS_FLAG:
        return records.CNAME
    return node_format.type_for_any(node) if rrtype == records.ANY else 0


def _with_owner(name: bytes, record: Record) -> Record:
    """A record of a wildcard has the name asked for as its owner (RFC 4592 3.3.1)."""
    return record if record.owner == name else Record(name, record.type, record.ttl, record.rdata)


def _soa_record(zone: Zone) -> Record:
    return zone.soa.to_record(zone.name, 0)
