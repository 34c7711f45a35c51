"""What stands in authority where a zone has nothing to say (RFC 2308 3): its SOA, as small as it gets."""

from collections.abc import Mapping
from typing import final

from msgspec import Struct

from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.records import Soa


class NegativeSoas(dict[int, bytes]):
    """By the length of the question's name, into which names of the SOA point; made when asked for."""

    def __init__(self, apex: bytes, soa: Soa, serial: int) -> None:
        """`apex` is the zone's name, at the end of every name that it is asked for."""
        super().__init__()
        self._apex = apex
        self._soa = soa
        self._serial = serial
        self._nxdomain_replies: dict[tuple[bytes, bytes, int], NegativeReply] = {}

    def nxdomain_reply(self, head: bytes, opt: bytes, parent_length: int) -> "NegativeReply | None":
        """The same one for the same: many names share it, and so it stays in the processor's cache.

        None where the longest name's might not fit into 512 bytes (RFC 1035 4.2.1); a cluster's own zone
        has its SOA's names within itself, so its SOA takes 54, and it always does.
        """
        question = names.MAX_NAME_LENGTH + messages.QTYPE_QCLASS_SIZE
        if (
            messages.ID_SIZE + len(head) + question + len(self[names.MAX_NAME_LENGTH]) + len(opt)
            > messages.MAX_UDP_SIZE_WITHOUT_EDNS
        ):
            return None
        key = head, opt, parent_length
        found = self._nxdomain_replies.get(key)
        if found is None:
            found = self._nxdomain_replies[key] = NegativeReply(head, self, opt, parent_length)
        return found

    def __missing__(self, name_length: int) -> bytes:
        pointer = (0xC000 | 12 + name_length - len(self._apex)).to_bytes(2, "big")
        rdata = b"".join(
            (
                self._compress(self._soa.mname, pointer),
                self._compress(self._soa.rname, pointer),
                self._soa.pack_numbers(self._serial),
            )
        )
        made = self[name_length] = messages.encode_record(pointer, records.SOA, self._soa.negative_ttl, rdata)
        return made

    def _compress(self, name: bytes, pointer: bytes) -> bytes:
        return name[: -len(self._apex)] + pointer if names.is_subdomain(name, self._apex) else name


@final
class NegativeReply(Struct, frozen=True, gc=False):
    """What queries get that differ in the first label alone, where the name above does not exist."""

    head: bytes
    soa_records: Mapping[int, bytes]
    """See `Denials`."""
    opt: bytes
    parent_length: int
    """Bytes of a name without those of its first label, which may be any."""

    def render(self, query: bytes) -> bytes | None:
        """Without id, as the query is; None where its first label is none (RFC 1035 3.1)."""
        size = query[messages.HEADER_SIZE_WITHOUT_ID]
        length = size + self.parent_length
        if not 0 < size < 64 or length > names.MAX_NAME_LENGTH:
            return None
        question = query[
            messages.HEADER_SIZE_WITHOUT_ID : messages.HEADER_SIZE_WITHOUT_ID
            + length
            + messages.QTYPE_QCLASS_SIZE
        ]
        return b"".join((self.head, question, self.soa_records[length], self.opt))
