"""What of a response answers the question; all else is dropped, so that no upstream slips in other names.

    answer      the CNAMEs that lead from the question to the last name, and its records of the type asked
    authority   of a negative answer the SOA, which says for how long (RFC 2308 5)
    additional  addresses of the names that the answer leads to: the targets of SRV, MX, NS, SVCB, HTTPS

With DO also the signatures of these records, the DNAMEs that made a CNAME, and the proofs of
absence (RFC 4035 3.2.1): only a client that checks them reads them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from svcdns.dns.wire.response import Response
from svcdns.forward.questions import Question, UpstreamAnswer

MAX_CNAME_CHAIN = 16
"""Names of one answer that CNAMEs join; resolvers follow no more."""

_DNAME, _RRSIG, _NSEC, _NSEC3 = 39, 46, 47, 50
_TYPES_AT_ALIAS = (records.CNAME, records.ANY)
"""Types that are not looked for behind a CNAME (RFC 1034 3.6.2)."""
_ADDRESS_TYPES = (records.A, records.AAAA)
_TARGET_TYPES = (records.SRV, records.MX, records.NS)
_SERVICE_TYPES = (records.SVCB, records.HTTPS)
"""Types whose clients need the addresses of a target."""


def relevant_sections(question: Question, response: Response) -> Sections:
    """The records that belong to the answer, those of the answer section in the order of the chain.

    The SOA may be of any zone: filtering resolvers send that of their own policy.
    """
    answer = list(_follow_chain(question, _merge_rrsets(response.sections.answer)))
    # `_covered_type` counts a signature as what it signs, so these sets let signatures in too.
    types = {_NSEC, _NSEC3} if question.dnssec_ok else set()
    if not is_answered(question, answer):
        types.add(records.SOA)
    authority = (record for record in response.sections.authority if _covered_type(record) in types)
    additional = _target_addresses(question, answer, response.sections.additional)
    return Sections(answer, list(_merge_rrsets(authority)), list(_merge_rrsets(additional)))


def _target_addresses(
    question: Question, answer: Sequence[Record], additional: Sequence[Record]
) -> Iterator[Record]:
    """The addresses in the additional section whose owner is a target of the answer (RFC 2782, RFC 9460 4.2).

    An upstream may say whatever it likes of names that the client will ask it for next.
    """
    # Most responses have none, and need no look at their targets.
    if not additional:
        return

    targets = {_address_target(record) for record in answer}
    for record in additional:
        is_address = (_covered_type(record) if question.dnssec_ok else record.type) in _ADDRESS_TYPES
        # A TTL of 0 is for this answer alone: the cache would have to ask again for each client.
        if is_address and record.ttl and record.owner.lower() in targets:
            yield record


def _address_target(record: Record) -> bytes | None:
    """The folded name whose addresses a client of this record asks for next; None if there is none."""
    if record.type in _SERVICE_TYPES:
        target = records.service_target(record.owner, record.rdata)
        return target and target.lower()
    return records.rdata_target(record.type, record.rdata).lower() if record.type in _TARGET_TYPES else None


def _merge_rrsets(rrs: Iterable[Record]) -> Iterator[Record]:
    """Each record once, and one TTL for all of a set: the least (RFC 2181 5.2)."""
    least_ttls: dict[tuple[bytes, int, int], int] = {}
    unique_records: dict[tuple[bytes, int, bytes], Record] = {}
    for record in rrs:
        # Names are equal in any case (RFC 4343 3); the owner is passed on in the case in which it came.
        owner = record.owner.lower()
        # Signatures of different types at one name are sets of their own.
        rrset_key = owner, record.type, _covered_type(record)
        least_ttls[rrset_key] = min(record.ttl, least_ttls.get(rrset_key, record.ttl))
        unique_records.setdefault((owner, record.type, record.rdata), record)

    # A second pass: the least TTL of a set is known only after its last record.
    for (owner, rrtype, _), record in unique_records.items():
        ttl = least_ttls[owner, rrtype, _covered_type(record)]
        yield record if record.ttl == ttl else replace(record, ttl=ttl)


def is_answered(question: Question, rrs: Sequence[Record]) -> bool:
    """Whether the chain's last name has records of the type asked; `rrs` are in the order of the chain."""
    name = question.name
    if question.type not in _TYPES_AT_ALIAS:
        # The records are in the order of the chain, so the last CNAME leads to the last name.
        links = [record for record in rrs if record.type == records.CNAME]
        name = links[-1].rdata.lower() if links else name

    return any(record.owner.lower() == name and question.type in (record.type, records.ANY) for record in rrs)


def is_chain_incomplete(question: Question, sections: Sections) -> bool:
    """Whether CNAMEs lead to a name of which nothing is said: it is to be asked for by itself."""
    is_alias = question.type in _TYPES_AT_ALIAS
    return not (is_alias or sections.authority or is_answered(question, sections.answer)) and bool(
        sections.answer
    )


def cut_at_local_name(upstream_answer: UpstreamAnswer, is_local: Callable[[bytes], bool]) -> UpstreamAnswer:
    """The answer up to the first CNAME that leads to a name of ours: what lies there we know ourselves.

    Whether that exists, too: the rcode is of the last name of a chain (RFC 6604 3). Nor is it asked for
    addresses of ours, as those of a SRV's target.
    """
    sections = upstream_answer.sections
    for number, record in enumerate(sections.answer):
        if record.type == records.CNAME and is_local(record.rdata.lower()):
            cut = Sections(sections.answer[: number + 1])
            # Up to here it is whole.
            return replace(upstream_answer, rcode=records.NOERROR, sections=cut, is_truncated=False)

    additional = [record for record in sections.additional if not is_local(record.owner.lower())]
    if len(additional) == len(sections.additional):
        return upstream_answer
    return replace(upstream_answer, sections=Sections(sections.answer, sections.authority, additional))


def is_lame(response: Response, scrubbed: Sections) -> bool:
    """Whether a NOERROR is none: a referral (RFC 2308 2.2), or records of other names alone.

    Such an upstream does not resolve for us; taken for "no such record" it would be a lie. Records of the
    name in question, of other types alone, do say that. So does an authority (AA) without a SOA: a referral
    comes from a server that is none.
    """
    if response.rcode != records.NOERROR or scrubbed.answer:
        return False
    if response.sections.answer:
        name = response.question[: -messages.QTYPE_QCLASS_SIZE]
        return all(record.owner.lower() != name for record in response.sections.answer)

    types = {record.type for record in response.sections.authority}
    is_authority = bool(response.flags & messages.AA)
    return records.NS in types and records.SOA not in types and not is_authority


def _follow_chain(question: Question, rrs: Iterable[Record]) -> Iterator[Record]:
    by_owner: dict[bytes, list[Record]] = {}
    for record in rrs:
        # Signatures are dropped here, before the chain is followed, unless they were asked for.
        if question.dnssec_ok or record.type != _RRSIG or question.type in (_RRSIG, records.ANY):
            by_owner.setdefault(record.owner.lower(), []).append(record)

    name = question.name
    for _ in range(MAX_CNAME_CHAIN):
        owned = by_owner.get(name, [])
        link = next((record for record in owned if record.type == records.CNAME), None)
        if link is not None and question.dnssec_ok:
            yield from _matching_dname(by_owner, name, link.rdata.lower())
        # The last name of the chain: only here is the type that was asked for looked at.
        if link is None or question.type in _TYPES_AT_ALIAS:
            yield from (
                record
                for record in owned
                if question.type in (record.type, _covered_type(record), records.ANY)
            )
            return

        yield link
        yield from (
            record for record in owned if record.type == _RRSIG and _covered_type(record) == records.CNAME
        )
        del by_owner[name]  # a loop of CNAMEs ends here
        name = link.rdata.lower()


def _matching_dname(by_owner: dict[bytes, list[Record]], owner: bytes, target: bytes) -> Iterator[Record]:
    """The DNAME from which the CNAME from `owner` to `target` was made (RFC 6672 3.1)."""
    above = owner
    # Label by label up to the root: a DNAME is at an ancestor of the name that it renames.
    while above[0]:
        above = names.parent(above)
        for record in by_owner.get(above, ()):
            # What stands before the DNAME's owner stays, what follows is replaced (RFC 6672 2.2).
            if record.type == _DNAME and owner[: -len(above)] + record.rdata.lower() == target:
                yield from (signed for signed in by_owner[above] if _covered_type(signed) == _DNAME)
                return


def _covered_type(record: Record) -> int:
    """The type; of a signature that of what it signs (RFC 4034 3.1.1)."""
    return int.from_bytes(record.rdata[:2], "big") if record.type == _RRSIG else record.type
