"""Negative answers of the hot path (RFC 2308 3): a zone's SOA, as small as it gets, and NXDOMAIN replies."""

from collections.abc import Mapping
from typing import final

from msgspec import Struct

from svcdns.dns.wire import messages, names, records
from svcdns.dns.wire.records import Soa


class NegativeSoas(dict[int, bytes]):
    """One zone's SOA record by the length of the question's name, which its own names point into.

    Each is encoded when it is first looked up.
    """

    def __init__(self, apex: bytes, soa: Soa, serial: int) -> None:
        """`apex` is the zone's name, with which every question's name ends."""
        super().__init__()
        self._apex = apex
        self._soa = soa
        self._serial = serial
        self._nxdomain_replies: dict[tuple[bytes, bytes, int], NegativeReply] = {}

    def nxdomain_reply(self, head: bytes, opt: bytes, parent_length: int) -> "NegativeReply | None":
        """The reply to all names below a parent; see `NegativeReply` for `parent_length`.

        The same object for the same arguments: many names share it, so it stays in the processor's cache.
        None where the longest name's reply might not fit into 512 bytes (RFC 1035 4.2.1). That of a
        cluster's own zone always does: its SOA's names lie within the zone, so that the SOA takes 54 bytes.
        """
        question_size = names.MAX_NAME_LENGTH + messages.QTYPE_QCLASS_SIZE
        soa_size = len(self[names.MAX_NAME_LENGTH])
        if (
            messages.ID_SIZE + len(head) + question_size + soa_size + len(opt)
            > messages.MAX_UDP_SIZE_WITHOUT_EDNS
        ):
            return None

        key = head, opt, parent_length
        reply = self._nxdomain_replies.get(key)
        if reply is None:
            reply = self._nxdomain_replies[key] = NegativeReply(head, self, opt, parent_length)
        return reply

    def __missing__(self, name_length: int) -> bytes:
        # The question's name ends with the apex: a pointer to it there (RFC 1035 4.1.4).
        pointer = (0xC000 | 12 + name_length - len(self._apex)).to_bytes(2, "big")
        rdata = b"".join(
            (
                self._compress(self._soa.mname, pointer),
                self._compress(self._soa.rname, pointer),
                self._soa.pack_numbers(self._serial),
            )
        )
        record = messages.encode_record(pointer, records.SOA, self._soa.negative_ttl, rdata)
        self[name_length] = record
        return record

    def _compress(self, name: bytes, pointer: bytes) -> bytes:
        return name[: -len(self._apex)] + pointer if names.is_subdomain(name, self._apex) else name


@final
class NegativeReply(Struct, frozen=True, gc=False):
    """NXDOMAIN for all queries that differ in the first label alone, where the name above does not exist."""

    head: bytes
    soa_records: Mapping[int, bytes]
    """The zone's `NegativeSoas`."""
    opt: bytes
    parent_length: int
    """Bytes of the name without those of its first label, but with its length byte."""

    def render(self, query: bytes) -> bytes | None:
        """The reply without id, as the query is; None where its first label is invalid (RFC 1035 3.1)."""
        label_size = query[messages.HEADER_SIZE_WITHOUT_ID]
        name_length = label_size + self.parent_length
        if not 0 < label_size < 64 or name_length > names.MAX_NAME_LENGTH:
            return None

        question = query[
            messages.HEADER_SIZE_WITHOUT_ID : messages.HEADER_SIZE_WITHOUT_ID
            + name_length
            + messages.QTYPE_QCLASS_SIZE
        ]
        return b"".join((self.head, question, self.soa_records[name_length], self.opt))
