"""An upstream of the tests that resolves the names it is given, and no others."""

import dns.message
import dns.rcode
import dns.zonefile
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

from tests.upstream import Peer

MAX_CHAIN = 12


class Names:
    """`lines` are records, `NAME TTL TYPE RDATA`; they may be replaced at any time.

    One that is `authoritative` leaves the end of a CNAME open that it does not know.
    """

    def __init__(self, lines: str = "", *, negative_ttl: int = 60, authoritative: bool = False) -> None:
        self._sets = _read(lines)
        self._authoritative = authoritative
        (self._soa,) = _read(f". {negative_ttl} SOA ns.example. hostmaster.example. 1 2 3 4 {negative_ttl}")

    def replace(self, lines: str) -> None:
        """These are the records from now on."""
        self._sets = _read(lines)

    async def answer(self, query: bytes, peer: Peer) -> None:
        """To be given to `tests.upstream.faulty`."""
        query_parts = dns.message.from_wire(query)
        question = query_parts.question[0]
        reply = dns.message.make_response(query_parts, recursion_available=True)
        if not self._found(reply, question.name, question.rdtype):
            reply.authority.append(self._soa)

        peer.send(reply.to_wire())

    def _found(self, reply: Message, name: Name, rdtype: RdataType) -> bool:
        """Add the answer, along CNAMEs; whether there is one."""
        known_values = [rrset for rrset in self._sets if rrset.name == name]
        for rrset in known_values:
            if rrset.rdtype in (rdtype, RdataType.CNAME):
                reply.answer.append(rrset)
                link = rrset.rdtype != rdtype and len(reply.answer) < MAX_CHAIN
                return not link or self._found(reply, rrset[0].target, rdtype)

        if known_values:
            return False
        if self._authoritative and reply.answer:
            return True

        reply.set_rcode(dns.rcode.NXDOMAIN)
        return False


def _read(lines: str) -> list[RRset]:
    text = "\n".join(line.strip() for line in lines.splitlines())
    return list(dns.zonefile.read_rrsets(text, rdclass="IN"))


async def failing(query: bytes, peer: Peer) -> None:
    """SERVFAIL."""
    reply = dns.message.make_response(dns.message.from_wire(query))
    reply.set_rcode(dns.rcode.SERVFAIL)
    peer.send(reply.to_wire())
