"""Hold a real answer against the one wanted, field by field.

Used with the oracle (`Expected`) and with the lines of a recording (`expected_of`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

from tests.oracle import Expected, Record

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as wanted; `kind` is short and the same for alike differences."""

    kind: str
    detail: str


def expected_of(line: Line) -> Expected:
    """The answer that one line of a recording wants; its README says what is not compared."""
    partial = bool(line.get("partial"))
    return Expected(
        dns.rcode.from_text(line["rcode"]),
        None if partial else line["aa"],
        frozenset(map(_record, line["answer"])),
        None if partial else frozenset(map(_record, line["authority"])),
        None if partial else frozenset(map(_record, line["additional"])),
        partial,
    )


def message_of(query: Message, expected: Expected) -> Message:
    """The expected answer as a message: what the oracle would have sent."""
    message = dns.message.make_response(query)
    message.set_rcode(expected.rcode)
    if expected.aa:
        message.flags |= dns.flags.AA
    sections = (expected.answer, expected.authority or (), expected.additional or ())
    for section, records in zip(
        (message.answer, message.authority, message.additional), sections, strict=True
    ):
        for record in records:
            rrset = message.find_rrset(section, record.name, record.rdata.rdclass, record.type, create=True)
            rrset.add(record.rdata, record.ttl)
    return message


def differences(
    query: bytes, answer: bytes, expected: Expected, *, weights: bool = True, own: Name | None = None
) -> list[Difference]:
    """Every field in which the answer to a query is not the one wanted.

    The SOA's serial is never compared; SRV weights only with `weights`. Records outside the zone
    `own`, where it is given, may come from a cache, in which their TTLs count down.
    """
    found = list(_header(query, answer))
    try:
        message = dns.message.from_wire(answer, one_rr_per_rrset=True)
    except dns.exception.DNSException as error:
        return [*found, Difference("unreadable", repr(error))]
    if message.rcode() != expected.rcode:
        found.append(Difference(f"rcode {message.rcode().name}, not {expected.rcode.name}", ""))
    aa = bool(message.flags & dns.flags.AA)
    if expected.aa is not None and aa != expected.aa:
        found.append(Difference("AA set" if aa else "AA not set", ""))
    comparison = _Comparison(weights, own)
    wanted, got = expected.answer, _records(message.answer)
    for choice in expected.choices:
        if not list(comparison.section("answer", got, choice)):
            wanted = choice
    found += comparison.section("answer", got, wanted, partial=expected.partial)
    if expected.authority is not None:
        found += comparison.section("authority", _records(message.authority), expected.authority)
    if expected.additional is not None:
        found += comparison.section("additional", _records(message.additional), expected.additional)
    return found


def _header(query: bytes, answer: bytes) -> Iterator[Difference]:
    """The id, QR and the question, byte for byte: its case too is the client's."""
    if answer[:2] != query[:2]:
        yield Difference("another id", "")
    if not answer[2] & 0x80:
        yield Difference("QR not set", "")
    if answer[2] & 0x02:
        yield Difference("TC set", "")
    end = query.index(b"\0", 12) + 5 if query[12:] else 12
    if answer[12:end] != query[12:end]:
        yield Difference("question changed", f"{answer[12:end]!r}, not {query[12:end]!r}")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Sections as sets, without what is not compared."""

    weights: bool
    own: Name | None

    def section(
        self, section: str, got: list[Record], wanted: Iterable[Record], *, partial: bool = False
    ) -> Iterator[Difference]:
        """Records that are missing or too many, and those that differ in their TTL alone."""
        want = frozenset(map(self._plain, wanted))
        ttls = {replace(record, ttl=0): record.ttl for record in want}
        have = frozenset(self._young(self._plain(record), ttls) for record in got)
        without_ttl = {replace(record, ttl=0) for record in have - want}
        for record in sorted(want - have, key=str):
            late = replace(record, ttl=0) in without_ttl
            yield Difference(f"{section}: {'TTL' if late else 'missing'} {record.type.name}", str(record))
        for record in sorted(have - want, key=str):
            if not partial:
                yield Difference(f"{section}: extra {record.type.name}", str(record))
        if len(got) != len(have):
            yield Difference(f"{section}: a record twice", ", ".join(map(str, got)))

    def _plain(self, record: Record) -> Record:
        if record.type == RdataType.SOA:
            return replace(record, rdata=record.rdata.replace(serial=0))
        if record.type == RdataType.SRV and not self.weights:
            return replace(record, rdata=record.rdata.replace(weight=0))
        return record

    def _young(self, record: Record, ttls: Mapping[Record, int]) -> Record:
        """A record of another server's zone as it was before the cache had it."""
        if self.own is None or record.name.is_subdomain(self.own):
            return record
        return replace(record, ttl=max(record.ttl, ttls.get(replace(record, ttl=0), 0)))


def _records(section: list[RRset]) -> list[Record]:
    return [Record(rrset.name, rrset.ttl, rdata) for rrset in section for rdata in rrset]


def _record(line: str) -> Record:
    """`owner ttl type rdata`."""
    owner, ttl, rdtype, rdata = line.split(" ", 3)
    return Record(dns.name.from_text(owner), int(ttl), dns.rdata.from_text("IN", rdtype, rdata))
