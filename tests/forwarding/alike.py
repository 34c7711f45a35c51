"""The same questions to an upstream itself and through the server: the same answers."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import dns.message
import dns.rcode
import dns.rdatatype
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

from tests import asking
from tests.asking import Address

Asked: TypeAlias = tuple[Name, RdataType]

KEPT = 30
"""Seconds that an answer may have been kept when it is compared."""

_PROOFS = (RdataType.NSEC, RdataType.NSEC3)


def questions(names: Iterable[Name], types: str) -> list[Asked]:
    """Each name with each type."""
    expected = [dns.rdatatype.from_text(text) for text in types.split()]
    return [(name, rdtype) for name in names for rdtype in expected]


async def differences(
    upstream: Address, server: Address, query_parts: Sequence[Asked], do: bool
) -> list[str]:
    """What the server does not say as its upstream says it; each question is asked of it twice."""
    expected = await _ask(upstream, query_parts, do)
    result = []
    for _ in range(2):
        for question, direct_reply, forwarded_reply in zip(
            query_parts, expected, await _ask(server, query_parts, do), strict=True
        ):
            message, heard = list(_said(direct_reply, do)), list(_said(forwarded_reply, do))
            if message != heard or not _is_as_young(direct_reply, forwarded_reply):
                result.append(
                    f"{question[0]} {question[1].name}:\n  upstream: {message}\n  server:   {heard}"
                )

    return result


async def _ask(at: Address, query_parts: Sequence[Asked], do: bool) -> list[Message]:
    queries = [
        dns.message.make_query(name, rdtype, use_edns=0, payload=1232, want_dnssec=do).to_wire()
        for name, rdtype in query_parts
    ]
    answers = await asking.udp_then_tcp(at, queries)
    assert None not in answers
    return [dns.message.from_wire(answer) for answer in answers if answer is not None]


def _said(message: Message, do: bool) -> Iterator[str]:
    """The rcode, the answer in its order, the SOA and proofs of what is not there, the signatures.

    A DNAME is for those who check signatures; for others there is the CNAME that was made of it. Case
    is of no matter: where a name points into the question it has that one's.
    """
    yield dns.rcode.to_text(message.rcode())
    for rrset in message.answer:
        if rrset.rdtype != RdataType.RRSIG and (do or rrset.rdtype != RdataType.DNAME):
            yield _text(rrset)

    signatures = (rrset for rrset in message.answer if rrset.rdtype == RdataType.RRSIG)
    yield from sorted(map(_text, (*signatures, *filter(_says_something, message.authority))))


def _says_something(rrset: RRset) -> bool:
    return rrset.rdtype in (RdataType.SOA, *_PROOFS) or rrset.covers in (RdataType.SOA, *_PROOFS)


def _text(rrset: RRset) -> str:
    return f"{rrset.name} {rrset.rdtype.name} {sorted(map(str, rrset))}".lower()


def _is_as_young(direct_reply: Message, forwarded_reply: Message) -> bool:
    """TTLs count down from those of the upstream; that there is nothing, from its SOA's (RFC 2308 5)."""
    ttls = {
        (rrset.name, rrset.rdtype, rrset.covers): rrset.ttl
        for rrset in direct_reply.answer + direct_reply.authority
    }
    negative = [
        min(rrset.ttl, rrset[0].minimum) for rrset in direct_reply.authority if rrset.rdtype == RdataType.SOA
    ]
    for rrset in direct_reply.authority:
        ttls[rrset.name, rrset.rdtype, rrset.covers] = min([rrset.ttl, *negative])

    return all(
        0 <= ttls[rrset.name, rrset.rdtype, rrset.covers] - rrset.ttl <= KEPT
        for rrset in forwarded_reply.answer + forwarded_reply.authority
    )
