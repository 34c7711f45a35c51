"""Queries as bytes, and replies as an independent reader (dnspython) sees them."""

import struct
from collections import Counter
from typing import cast

import dns.flags
import dns.message
from dns.message import Message

from svcdns.dns.answer import cookie_path, fast_path, resolve
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.resolve import AnsweredQuery, PendingQuery, UpstreamResult
from tests.dns import tables

_TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33}
_TYPES |= {"IXFR": 251, "AXFR": 252, "ANY": 255}

PREFIX = b"\x12\x34"
"""The id of all queries of `packet`."""
COOKIE = bytes.fromhex("000a0008") + b"8 octets"
"""The option that plain dig sends (RFC 7873)."""


CLIENT = bytes((192, 0, 2, 7))
"""The address of whoever asks."""

PADDING = bytes.fromhex("000c0003000000")
"""An option that says nothing (RFC 7830)."""
OUR_COOKIE = tables.COOKIES.reply_option(COOKIE[4:], CLIENT)
"""The option that the reply to COOKIE has, and that the client sends from then on."""


def opt(size: int = 1232, *, version: int = 0, do: bool = False, options: bytes = b"") -> bytes:
    """An OPT record."""
    return struct.pack("!BHHBBHH", 0, 41, size, 0, version, 0x8000 * do, len(options)) + options


def cookie(number: int) -> bytes:
    """An OPT that no other query has."""
    return opt(options=b"\0\x0a\0\x08" + number.to_bytes(8, "big"))


def packet(
    name: str | bytes,
    rrtype: str | int = "A",
    *,
    flags: int = 0x0100,
    rrclass: int = 1,
    additional: tuple[bytes, ...] = (),
    ident: int = 0x1234,
) -> bytes:
    """A query; a text name is relative to cluster.local."""
    wire = name if isinstance(name, bytes) else wire_name(name)
    number = rrtype if isinstance(rrtype, int) else _TYPES[rrtype]
    head = struct.pack("!HHHHHH", ident, flags, 1, 0, 0, len(additional))
    return head + wire + struct.pack("!HH", number, rrclass) + b"".join(additional)


def wire_name(text: str) -> bytes:
    """A name relative to cluster.local, in its own case."""
    return cast(bytes, dns.name.from_text(text, tables.ORIGIN).to_wire())


def fast(caches: FastPathCaches, asked: bytes, stream: bool = False) -> bytes | None:
    """What the fast path says, with the query's id."""
    found = fast_path.answer_fast(caches, asked[2:], stream)
    if found is None:
        found = cookie_path.answer_with_cookie(caches, asked[2:], CLIENT, stream)
    return found and asked[:2] + found


def without_id(caches: FastPathCaches, asked: bytes, stream: bool) -> bytes | PendingQuery | None:
    """As a worker's service answers transports, which keep the id of a query and of its reply."""
    if fast := fast_path.answer_fast(caches, asked, stream):
        return fast
    if with_cookie := cookie_path.answer_with_cookie(caches, asked, CLIENT, stream):
        return with_cookie
    outcome = resolve.answer_packet(caches.view, asked, stream, CLIENT)
    return outcome.reply if isinstance(outcome, AnsweredQuery) else outcome


def slow(caches: FastPathCaches, asked: bytes, stream: bool = False) -> bytes | PendingQuery | None:
    """What the slow path says of a query with its id; a reply has the same one."""
    outcome = resolve.answer_packet(caches.view, asked[2:], stream, CLIENT)
    return asked[:2] + outcome.reply if isinstance(outcome, AnsweredQuery) else outcome


def finish(caches: FastPathCaches, pending: PendingQuery, result: UpstreamResult) -> bytes:
    """The last reply to a query that had to wait, with id 0."""
    return bytes(2) + resolve.finish(caches.view, pending, result).reply


def resume(caches: FastPathCaches, pending: PendingQuery, result: UpstreamResult) -> bytes | PendingQuery:
    """What becomes of a query that had to wait; a reply has id 0."""
    outcome = resolve.resume(caches.view, pending, result)
    return bytes(2) + outcome.reply if isinstance(outcome, AnsweredQuery) else outcome


def reply(caches: FastPathCaches, asked: bytes, stream: bool = False) -> bytes:
    """As a worker answers: the fast path, else the slow one."""
    message = fast(caches, asked, stream) or slow(caches, asked, stream)
    assert isinstance(message, bytes), "no reply"
    return message


def read(wire: bytes) -> Message:
    """Each record by itself, as it stands."""
    return dns.message.from_wire(wire, one_rr_per_rrset=True)


def ask(
    caches: FastPathCaches,
    name: str | bytes,
    rrtype: str | int = "A",
    *,
    stream: bool = False,
    **more: object,
) -> Message:
    """The reply to a query, read."""
    return read(reply(caches, packet(name, rrtype, **more), stream))  # type: ignore[arg-type]


def records(message: Message) -> list[Counter[str]]:
    """Answer, authority and additional records as text, in no order; case is of no matter in names."""
    return [Counter(str(rrset).lower() for rrset in section) for section in message.sections[1:]]


def said(message: Message) -> tuple[object, ...]:
    """All that a reply says, but for the order of its records and their compression."""
    question = [(str(rrset.name), rrset.rdtype, rrset.rdclass) for rrset in message.question]
    edns = (
        message.edns,
        message.payload,
        message.ednsflags,
        [option.to_wire() for option in message.options],
    )
    return message.id, message.flags, question, records(message), edns


def is_cut(message: Message) -> bool:
    """TC."""
    return bool(message.flags & dns.flags.TC)
