"""Datagrams in batches and one by one: each reply to the one who asked, whatever stands between."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator, Sequence

import pytest

from svcdns.dns.answer.resolve import PendingQuery
from svcdns.serve.worker import mmsg, udp
from svcdns.serve.worker.sampling import QuerySampling
from svcdns.serve.worker.service import ClientAddress, SendReply
from svcdns.serve.worker.traffic import Outcome, TrafficCounter
from tests import running
from tests.patience import PATIENCE


class Uncounted(TrafficCounter):
    """What is sent back here is no message."""

    def add_batch(self, *_: object) -> None:
        """Nothing."""

    def add_late_reply(self, *_: object) -> None:
        """Nothing."""


class Service:
    """Sends back what it gets: `-` is not answered, `?` later."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.sizes: set[int] = set()
        self.reasons: list[str] = []
        self.waiting: list[SendReply] = []

    def answer_batch(self, packets: Sequence[bytes], client_at: ClientAddress) -> list[Outcome]:
        """`serve.service`."""
        self.batches.append(0)
        return [self._answer(packet) for packet in packets]

    def _answer(self, packet: bytes) -> Outcome:
        self.batches[-1] += 1
        self.sizes.add(len(packet))
        if packet[:1] == b"?":
            return PendingQuery(None, packet, 512)  # type: ignore[arg-type]  # only handed on
        return None if packet[:1] == b"-" else packet[:1230]

    def give_up(self, reason: str) -> None:
        """`serve.service`."""
        self.reasons.append(reason)

    def limit_late_reply(self, packet: bytes, reply: bytes, host: str) -> bytes:
        """`serve.service`."""
        return reply

    def answer_later(self, forward: PendingQuery, send: SendReply, client: str) -> None:
        """`serve.service`."""
        self.waiting.append(lambda reply: send(forward.name + reply))

    def traffic_counter(self, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        """`serve.service`."""
        return Uncounted(protocol, QuerySampling(0.0))


@contextlib.contextmanager
def serving(host: str, batches: bool, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Service, int]]:
    """On a free port; with recvmmsg, or as where it is missing."""
    monkeypatch.setattr(mmsg, "IS_AVAILABLE", mmsg.IS_AVAILABLE and batches)
    loop, service = asyncio.get_running_loop(), Service()
    with bound(host) as sock:
        udp.attach(loop, sock, service)
        try:
            yield service, sock.getsockname()[1]
        finally:
            loop.remove_reader(sock)


def bound(host: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind((host, 0))
    return sock


async def receive(sock: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 70_000), PATIENCE)


HOSTS = pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "0.0.0.0", pytest.param("::1", marks=running.IPV6), pytest.param("::", marks=running.IPV6)],
)
WAYS = pytest.mark.parametrize("batches", [True, False], ids=["batches", "singly"])


def near(host: str) -> str:
    """An address that reaches it."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


@HOSTS
@WAYS
async def test_each_gets_its_own(host: str, batches: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many clients at once, of whom some get no answer and some get it later."""
    with serving(host, batches, monkeypatch) as (service, port), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(bound(near(host))) for _ in range(10)]
        for number in range(20):
            for own, client in enumerate(clients):
                word = b"-?!"[(number + own) % 3 :][:1] + b" of client %d" % own
                client.sendto(bytes((number, own)) + word, (near(host), port))
        for own, client in enumerate(clients):
            expected = {bytes((n, own)) + b"! of client %d" % own for n in range(20) if (n + own) % 3 == 2}
            assert {await receive(client) for _ in expected} == expected
        await running.until(lambda: sum(service.batches) == 200, "all of it")
        for send in reversed(service.waiting):
            send(b", later")
        for own, client in enumerate(clients):
            expected = {
                bytes((n, own)) + b"? of client %d, later" % own for n in range(20) if (n + own) % 3 == 1
            }
            assert {await receive(client) for _ in expected} == expected
            with pytest.raises(BlockingIOError):
                client.recv(10)


@WAYS
async def test_batches(batches: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 64 datagrams are taken together, and several times in a turn; nothing is left behind."""
    with serving("127.0.0.1", batches, monkeypatch) as (service, port), bound("127.0.0.1") as client:
        for number in range(200):
            client.sendto(bytes((0, number)) + b"%d" % number, ("127.0.0.1", port))
        received = {await receive(client) for _ in range(200)}
        assert received == {bytes((0, number)) + b"%d" % number for number in range(200)}
        assert max(service.batches) == mmsg.BATCH_SIZE
        assert sum(service.batches) == 200


@WAYS
async def test_sizes(batches: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing at all, and more than any query: its start, which is no message by then."""
    with serving("127.0.0.1", batches, monkeypatch) as (service, port), bound("127.0.0.1") as client:
        for size in (2, 3, 1232, 1233, mmsg.SLOT_SIZE - 1, mmsg.SLOT_SIZE, mmsg.SLOT_SIZE + 1, 60_000):
            client.sendto(bytes(size), ("127.0.0.1", port))
            assert len(await receive(client)) == min(size, 1232)
        assert service.sizes == {size - 2 for size in (2, 3, 1232, 1233, mmsg.SLOT_SIZE - 1, mmsg.SLOT_SIZE)}


@WAYS
async def test_less_than_an_id(batches: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is handed on as nothing, which is no message."""
    with serving("127.0.0.1", batches, monkeypatch) as (service, port), bound("127.0.0.1") as client:
        for short in (b"", b"i", b"id-"):
            client.sendto(short, ("127.0.0.1", port))
        await running.until(lambda: sum(service.batches) == 3, "all of it")
        assert service.sizes == {0, 1}


@WAYS
async def test_a_client_that_is_gone(batches: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reply is refused (ICMP); the others' go out."""
    with serving("127.0.0.1", batches, monkeypatch) as (service, port), bound("127.0.0.1") as client:
        for _ in range(5):
            for _ in range(10):
                with bound("127.0.0.1") as gone:
                    gone.sendto(b"id!", ("127.0.0.1", port))
            client.sendto(b"id here", ("127.0.0.1", port))
            assert await receive(client) == b"id here"
        assert sum(service.batches) == 55


@pytest.mark.skipif(not mmsg.IS_AVAILABLE, reason="Linux alone has recvmmsg")
async def test_a_reply_that_cannot_be_sent_stops_no_other() -> None:
    """In a batch, to the broadcast address, to which a socket may not send."""
    with bound("127.0.0.1") as sock, bound("127.0.0.1") as client:
        batch = mmsg.DatagramBatch(sock, needs_pktinfo=False)
        for number in range(6):
            client.sendto(b"id%d" % number, sock.getsockname())
        packets = batch.receive()
        assert packets == [b"%d" % number for number in range(6)]
        for odd in (1, 3, 5):
            batch._name_slots[odd][4:8] = bytes((255,)) * 4  # sin_addr
        assert batch.send(packets) == (6, 3)
        assert [await receive(client) for _ in range(3)] == [b"id0", b"id2", b"id4"]
        client.sendto(b"id8", sock.getsockname())
        assert batch.receive() == [b"8"]
        assert batch.send([b"8"]) == (1, 0)
        assert await receive(client) == b"id8"
        assert batch.receive() == []


@pytest.mark.skipif(not mmsg.IS_AVAILABLE, reason="Linux alone has recvmmsg")
async def test_some_of_a_batch_have_no_reply() -> None:
    """The others go to their own clients, and the batch after that is whole again."""
    with bound("127.0.0.1") as sock, contextlib.ExitStack() as stack:
        batch = mmsg.DatagramBatch(sock, needs_pktinfo=False)
        clients = [stack.enter_context(bound("127.0.0.1")) for _ in range(5)]
        for places in ({1, 4}, {0, 1, 2, 3, 4}, {0, 2, 3}, {0, 1, 2, 3, 4}, set[int]()):
            for number, client in enumerate(clients):
                client.sendto(b"i%d?" % number, sock.getsockname())
            assert batch.receive() == [b"?"] * 5
            assert [batch.query_id(place) for place in range(5)] == [b"i%d" % place for place in range(5)]
            replies = [b"to %d" % place if place in places else None for place in range(5)]
            assert batch.send(replies) == (len(places), 0)
            for place in places:
                assert await receive(clients[place]) == b"i%dto %d" % (place, place)


@pytest.mark.skipif(not mmsg.IS_AVAILABLE, reason="no recvmmsg here")
@pytest.mark.parametrize("call", ["receive", "send"])
async def test_without_the_calls_for_batches(
    call: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A sandbox may lack recvmmsg or sendmmsg: datagrams are then read one by one, which is logged once."""

    def missing(*_: object) -> object:
        raise OSError(errno.ENOSYS, f"{call}: not possible here")

    monkeypatch.setattr(mmsg.DatagramBatch, call, missing)
    with serving("127.0.0.1", True, monkeypatch) as (service, port), bound("127.0.0.1") as client:
        # A batch that could not be sent is lost, as any datagram may be.
        client.sendto(b"idfirst", ("127.0.0.1", port))
        await running.until(lambda: "one by one" in caplog.text, "the other way is taken")
        for number in range(20):
            client.sendto(b"id%d" % number, ("127.0.0.1", port))
        received = {await receive(client) for _ in range(20 + (call == "receive"))}
        assert received - {b"idfirst"} == {b"id%d" % number for number in range(20)}
        assert not service.reasons
    assert len(caplog.records) == 1


@WAYS
async def test_a_socket_that_is_broken(
    batches: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker gives up after some tries, instead of trying for ever and logging each time."""

    def broken(*_: object) -> object:
        raise OSError(errno.EBADF, "bad file descriptor")

    monkeypatch.setattr(mmsg.DatagramBatch, "receive", broken)
    monkeypatch.setattr(udp._SingleUdpSocket, "_receive", broken)
    with serving("127.0.0.1", batches, monkeypatch) as (service, port), bound("127.0.0.1") as client:
        client.sendto(b"id", ("127.0.0.1", port))
        await running.until(lambda: service.reasons, "it gives up")
        assert service.reasons == ["a UDP socket cannot be used: bad file descriptor"]
    assert len(caplog.records) == 1


@pytest.mark.skipif(not mmsg.IS_AVAILABLE, reason="no sendmmsg here")
async def test_replies_that_the_system_does_not_take(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """They are counted, and logged with the reason once."""

    def full(batch: mmsg.DatagramBatch, replies: Sequence[object]) -> tuple[int, int]:
        batch.last_send_error = errno.ENOBUFS
        return len(replies), len(replies)

    monkeypatch.setattr(mmsg.DatagramBatch, "send", full)
    counters: list[TrafficCounter] = []
    make_counter = Service.traffic_counter

    def remembered(service: Service, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        counters.append(make_counter(service, protocol, family))
        return counters[-1]

    monkeypatch.setattr(Service, "traffic_counter", remembered)
    with serving("127.0.0.1", True, monkeypatch) as (_, port), bound("127.0.0.1") as client:
        for _ in range(50):
            client.sendto(b"idx", ("127.0.0.1", port))
        await running.until(lambda: counters[0].unsent_replies == 50, "all are counted")
    (record,) = caplog.records
    assert "No buffer space available" in record.getMessage()


@pytest.mark.parametrize("batches", [True, False])
async def test_a_batch_that_raises_counts_as_unsent(
    batches: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """/health sees it, the log names it once, and the socket is read on."""
    counters: list[TrafficCounter] = []
    make_counter = Service.traffic_counter

    def remembered(service: Service, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        counters.append(make_counter(service, protocol, family))
        return counters[-1]

    def fail(service: Service, packets: Sequence[bytes], client_at: ClientAddress) -> list[Outcome]:
        raise ZeroDivisionError(len(packets))

    monkeypatch.setattr(Service, "traffic_counter", remembered)
    with serving("127.0.0.1", batches, monkeypatch) as (_, port), bound("127.0.0.1") as client:
        with monkeypatch.context() as patch:
            patch.setattr(Service, "answer_batch", fail)
            for _ in range(50):
                client.sendto(b"idx", ("127.0.0.1", port))
            await running.until(lambda: counters[0].unsent_replies == 50, "all are counted")
        client.sendto(b"idx", ("127.0.0.1", port))
        loop = asyncio.get_running_loop()
        client.setblocking(False)
        assert await asyncio.wait_for(loop.sock_recv(client, 100), PATIENCE) == b"idx"
    (record,) = caplog.records
    assert "have no reply" in record.getMessage() and record.exc_info
