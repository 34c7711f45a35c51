"""A client that asks many numbered questions (`truth`) at once, and checks each answer byte by byte."""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Sequence

from tests import asking
from tests.asking import Address
from tests.forwarding import truth
from tests.forwarding.truth import CNAME, MX, SOA, TTL, Record
from tests.patience import PATIENCE

SOCKETS, WINDOW = 16, 24
"""Sockets, and questions that wait in each."""
RETRY_AFTER = 20.0
"""Seconds until it asks again: so late that only a lost datagram is the reason, not a busy machine."""
TRIES = 3

_HEADER = struct.Struct("!HHHHHH")
_RR = struct.Struct("!HHIH")
_TC = 0x0200


class Load:
    """The questions and what came of them; `wrong` are the answers that were not the truth, by number."""

    def __init__(self) -> None:
        self.answered = 0
        self.asked_again = 0
        self.counted_down = 0
        """Answers whose TTL had become less."""
        self.over_tcp: list[int] = []
        """Those whose answer was cut."""
        self.wrong: list[str] = []
        self.lost: list[int] = []
        self._left: Iterator[int] = iter(())
        self._first_asked: dict[int, float] = {}

    async def ask(self, at: Address, numbers: Iterable[int]) -> None:
        """All of them, over UDP, and over TCP where that is told."""
        self._left = iter(numbers)
        with contextlib.ExitStack() as stack:
            askers = [stack.enter_context(_Asker(self, at)) for _ in range(SOCKETS)]
            await asyncio.gather(*(asker.finished for asker in askers))

        await self._ask_tcp(at, self.over_tcp)
        self.over_tcp.clear()

    async def _ask_tcp(self, at: Address, numbers: Sequence[int]) -> None:
        queries = [_query(0, number) for number in numbers]
        for number, reply in zip(numbers, await asking.tcp(at, queries, patience=PATIENCE), strict=True):
            self.check(number, reply)

    def next_one(self) -> int | None:
        """The number of the next question."""
        number = next(self._left, None)
        if number is not None:
            self._first_asked.setdefault(number, time.monotonic())
        return number

    def check(self, number: int, reply: bytes) -> None:
        """Count the answer."""
        flags = _HEADER.unpack_from(reply)[1]
        if flags & _TC:
            self.over_tcp.append(number)
            return

        self.answered += 1
        age = time.monotonic() - self._first_asked[number] + 1
        result, ttls = read(reply)
        if result != truth.truth(number) or not reply.startswith(_asked(number), 12):
            self.wrong.append(f"{number}: {result}")
        if not all(TTL - age <= ttl <= TTL for ttl in ttls):
            self.wrong.append(f"{number}: TTLs {ttls}")

        self.counted_down += min(ttls, default=TTL) < TTL


class _Asker:
    """One socket; `waiting` has the number, time and tries of each question by its id."""

    def __init__(self, load: Load, at: Address) -> None:
        self._load = load
        self._loop = asyncio.get_running_loop()
        self.finished: asyncio.Future[None] = self._loop.create_future()
        self._waiting: dict[int, tuple[int, float, int]] = {}
        self._next_id = 0
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.connect(at)

    def __enter__(self) -> "_Asker":
        self._loop.add_reader(self._socket, self._receive)
        self._loop.call_soon(self._fill)
        self._look_back()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _fill(self) -> None:
        while len(self._waiting) < WINDOW and (number := self._load.next_one()) is not None:
            self._send(number, 1)
        if not self._waiting and not self.finished.done():
            self.finished.set_result(None)

    def _send(self, number: int, tries: int) -> None:
        self._next_id = (self._next_id + 1) & 0xFFFF
        self._waiting[self._next_id] = number, time.monotonic(), tries
        self._socket.send(_query(self._next_id, number))

    def _look_back(self) -> None:
        """Ask again what was lost."""
        late = time.monotonic() - RETRY_AFTER
        for ident, (number, sent, tries) in list(self._waiting.items()):
            if sent < late:
                del self._waiting[ident]
                if tries < TRIES:
                    self._load.asked_again += 1
                    self._send(number, tries + 1)
                else:
                    self._load.lost.append(number)

        if not self.finished.done():
            self._loop.call_later(0.5, self._look_back)
            self._fill()

    def _receive(self) -> None:
        for _ in range(WINDOW):
            try:
                reply = self._socket.recv(4096)
            except BlockingIOError:
                break
            result = self._waiting.pop(int.from_bytes(reply[:2], "big"), None)
            if result is not None:
                self._load.check(result[0], reply)

        self._fill()


def _query(ident: int, number: int) -> bytes:
    """Every third number is asked for without EDNS."""
    edns = b"" if number % 3 == 0 else b"\0\0\x29\x04\xd0" + bytes(6)
    return _HEADER.pack(ident, 0x0100, 1, 0, 0, int(bool(edns))) + _asked(number) + edns


def _asked(number: int) -> bytes:
    """The question, of odd numbers in capitals."""
    question = truth.question(number)
    return question[:-4].upper() + question[-4:] if number % 2 else question


def read(message: bytes) -> tuple[truth.Truth, list[int]]:
    """What a message says, as `truth` would, and the TTLs; not by the server's own code."""
    _, flags, _, answers, authorities, extra = _HEADER.unpack_from(message)
    at = message.index(0, 12) + 5
    ttls: list[int] = []
    sections = []
    for count in (answers, authorities, extra):
        section = []
        for _ in range(count):
            record, ttl, at = _record(message, at)
            if record.type != 41:
                section.append(record)
                ttls.append(ttl)

        links = [record for record in section if record.type == CNAME]
        sections.append((*links, *sorted(record for record in section if record.type != CNAME)))

    rcode = flags & 0xF if not sections[2] else -1  # nothing belongs there
    return truth.Truth(rcode, sections[0], sections[1]), ttls


def _record(message: bytes, at: int) -> tuple[Record, int, int]:
    owner, at = _name(message, at)
    rrtype, _, ttl, size = _RR.unpack_from(message, at)
    at += _RR.size
    rdata = message[at : at + size]
    if rrtype in (CNAME, MX):
        before = 2 if rrtype == MX else 0
        rdata = rdata[:before] + _name(message, at + before)[0]
    elif rrtype == SOA:
        rdata = b"".join(_names(message, at, 2)) + rdata[-20:]

    return Record(owner, rrtype, rdata), ttl, at + size


def _names(message: bytes, at: int, count: int) -> Iterator[bytes]:
    for _ in range(count):
        name, at = _name(message, at)
        yield name


def _name(message: bytes, at: int) -> tuple[bytes, int]:
    """The folded name, and where it ends."""
    result = b""
    while length := message[at]:
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | message[at + 1]
            return result + _name(message, target)[0], at + 2
        result += message[at : at + length + 1].lower()
        at += length + 1

    return result + b"\0", at + 1
