"""A steady load of queries over UDP: each answer is checked, and what does not come is asked again.

An answer is right where it is true, or was until a moment ago (`history`), or is marked as stale and
was true once. What stays unanswered through all tries is lost.
"""

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field, replace

import dns.edns
import dns.message
import dns.name
import dns.rcode
from dns.message import Message
from dns.rdatatype import RdataType

from tests.asking import Address
from tests.compare import differences
from tests.faults.cluster import CIDRS, MOVING, STILL, ZONE
from tests.faults.history import History, Value
from tests.oracle import Expected, Options, Oracle

SOCKETS = 8
RETRY, TRIES = 1.0, 20
"""Seconds until a question is asked again, and how often, as by a patient resolver."""
STALE, NOT_READY, STALE_NXDOMAIN = 3, 14, 19
MOST_RECORDS = 6
"""In an answer that is asked for: larger ones may be cut."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and its answer where that never changes; else the moving name."""

    query: bytes
    expected: Expected | None = None
    moving: str = ""


@dataclass(slots=True)
class _Asked:
    question: Question
    first: float
    sent: float
    floor: int
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of queries; `not_ready` are SERVFAILs before the first list, each of them asked again."""

    answered: int
    stale: int
    wrong: int
    lost: int
    again: int
    not_ready: int

    def __sub__(self, before: "Counts") -> "Counts":
        """Of the time between."""
        return Counts(*(now - then for now, then in zip(astuple(self), astuple(before), strict=True)))

    def __add__(self, other: "Counts") -> "Counts":
        """Of both."""
        return Counts(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        return (
            f"{self.answered} answers, {self.stale} of them marked as stale, {self.wrong} wrong, "
            f"{self.lost} lost; {self.again} asked again, {self.not_ready} SERVFAIL as nothing was known"
        )


NOTHING = Counts(0, 0, 0, 0, 0, 0)


@dataclass(slots=True)
class Load:
    """Asks, and keeps what came of it; `wrong` says how each wrong answer was wrong."""

    at: Address
    history: History
    rate: int
    may_be_empty: bool = False
    """The server has started without a stored table: until it has listed all, SERVFAIL is right."""
    answered: int = 0
    stale: int = 0
    again: int = 0
    not_ready: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _floors: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MOVING, 0))
    _dice: random.Random = field(default_factory=lambda: random.Random(2))
    _waiting: dict[tuple[int, int], _Asked] = field(default_factory=dict)
    _ids: int = 0

    async def run(self) -> None:
        """Ask, until cancelled."""
        moving, still = moving_questions(), still_questions()
        loop, begun, count = asyncio.get_running_loop(), time.monotonic(), 0
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(_connected(self.at)) for _ in range(SOCKETS)]
            for number, sock in enumerate(sockets):
                loop.add_reader(sock, self._receive, number, sock)
                stack.callback(loop.remove_reader, sock)
            while True:
                for _ in range(int((time.monotonic() - begun) * self.rate) - count):
                    count += 1
                    self._send(self._dice.choice(still if count % 2 else moving), sockets)
                self._look_back(sockets)
                await asyncio.sleep(0.02)

    async def settle(self) -> None:
        """Return when what has been asked until now is answered or lost."""
        now = time.monotonic()
        while any(pending.first <= now for pending in self._waiting.values()):  # noqa: ASYNC110 - of the same loop
            await asyncio.sleep(0.02)

    def check_all(self) -> None:
        """Raise AssertionError where an answer was wrong or lost."""
        assert not self.wrong, "\n".join(self.wrong[:20])
        assert not self.lost, "\n".join(self.lost[:20])

    @property
    def counts(self) -> Counts:
        """So far."""
        wrong, lost = len(self.wrong), len(self.lost)
        return Counts(self.answered, self.stale, wrong, lost, self.again, self.not_ready)

    def _send(self, question: Question, sockets: list[socket.socket], before: _Asked | None = None) -> None:
        self._ids = (self._ids + 1) & 0xFFFF
        number, now = self._ids % SOCKETS, time.monotonic()
        floor = self._floors.get(question.moving, 0)
        first, tries = (before.first, before.tries + 1) if before else (now, 1)
        self._waiting[number, self._ids] = _Asked(question, first, now, floor, tries)
        with contextlib.suppress(OSError):  # nobody listens there now
            sockets[number].send(self._ids.to_bytes(2) + question.query[2:])

    def _look_back(self, sockets: list[socket.socket]) -> None:
        late = time.monotonic() - RETRY
        for key in [key for key, pending in self._waiting.items() if pending.sent < late]:
            pending = self._waiting.pop(key)
            if pending.tries == TRIES:
                self.lost.append(_shown(pending.question))
            else:
                self.again += 1
                self._send(pending.question, sockets, pending)

    def _receive(self, number: int, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while reply := sock.recv(4096):
                pending = self._waiting.get((number, int.from_bytes(reply[:2])))
                if pending is not None and self._check(pending, reply):
                    del self._waiting[number, int.from_bytes(reply[:2])]

    def _check(self, pending: _Asked, reply: bytes) -> bool:
        """Whether this is an answer; SERVFAIL before the first list is none, and asked for again."""
        message = dns.message.from_wire(reply)
        codes = {int(option.code) for option in message.options if isinstance(option, dns.edns.EDEOption)}
        if self.may_be_empty and message.rcode() == dns.rcode.SERVFAIL and codes == {NOT_READY}:
            self.not_ready += 1
            return False
        self.answered += 1
        is_stale = bool(codes & {STALE, STALE_NXDOMAIN})
        self.stale += is_stale
        if problem := self._problem(pending, reply, message, is_stale):
            self.wrong.append(f"{problem} ({message.rcode().name} {sorted(codes)})")
        return True

    def _problem(self, pending: _Asked, reply: bytes, message: Message, is_stale: bool) -> str:
        question, name = pending.question, pending.question.moving
        if question.expected is not None:
            query = reply[:2] + question.query[2:]
            found = differences(query, reply, question.expected)
            return "; ".join([_shown(question), *map(str, found)]) if found else ""
        if message.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return name
        value = value_of(message)
        if is_stale:
            return self.history.was_true(name, value)
        problem, told = self.history.judge(name, value, pending.sent, time.monotonic(), pending.floor)
        self._floors[name] = max(self._floors[name], told)
        return problem


def moving_questions() -> list[Question]:
    """The address of each name that moves."""
    return [Question(_query(f"{name}.{ZONE}", RdataType.A), moving=name) for name in MOVING]


def still_questions() -> list[Question]:
    """Names that never change, and names that are never there."""
    oracle = Oracle(STILL, Options(reverse=(*Options().reverse, *CIDRS)))
    names = [*map(str, oracle.names), f"nobody.{ZONE}", "9.9.98.10.in-addr.arpa."]
    found = []
    for name in names:
        for rrtype in (RdataType.A, RdataType.AAAA, RdataType.SRV, RdataType.PTR):
            expected = oracle.answer(dns.name.from_text(name), rrtype)
            if len(expected.answer) <= MOST_RECORDS:
                found.append(Question(_query(name, rrtype), replace(expected, additional=None)))
    return found


def value_of(message: Message) -> Value:
    """The addresses in an answer."""
    if message.rcode() == dns.rcode.NXDOMAIN:
        return None
    return frozenset(str(rdata) for rrset in message.answer for rdata in rrset)


def _query(name: str, rrtype: RdataType) -> bytes:
    return dns.message.make_query(name, rrtype, use_edns=0, payload=1232, id=0).to_wire()


def _shown(question: Question) -> str:
    return str(dns.message.from_wire(question.query).question[0])


@contextlib.contextmanager
def _connected(at: Address) -> Iterator[socket.socket]:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.connect(at)
        yield sock
