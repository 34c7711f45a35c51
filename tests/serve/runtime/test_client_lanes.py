"""Which socket a client's datagrams reach, on real sockets."""

import contextlib
import socket
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from svcdns.serve.runtime import client_lanes, sockets
from svcdns.serve.runtime.runtime_config import Listen
from svcdns.serve.runtime.sockets import WorkerSockets
from tests import server

WORKERS = 2
PORTS_OF_CLIENT = 64
CLIENTS = tuple(f"127.0.1.{number}" for number in range(1, 41))


@pytest.fixture(autouse=True)
def _same_lanes_in_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_lanes, "random_multiplier", lambda: 0x9E3779B1)


@contextlib.contextmanager
def open_sockets(host: str) -> Iterator[list[WorkerSockets]]:
    """Of two workers, at a free port."""
    of_workers = sockets.open_worker_sockets([Listen(host, server.free_port())], WORKERS)
    with contextlib.ExitStack() as stack:
        for own in of_workers:
            for sock in (*own.udp, *own.tcp):
                stack.enter_context(sock)
        yield of_workers


def skip_without_lanes(of_workers: Sequence[WorkerSockets]) -> None:
    """Where the system does not know the choice."""
    if len(of_workers[0].udp) == 1:
        pytest.skip("this system does not choose among sockets by client")


def ask(of_workers: Sequence[WorkerSockets], client: str, ports: int) -> None:
    """A datagram from each of so many ports of the client."""
    first = of_workers[0].udp[0]
    for _ in range(ports):
        with socket.socket(first.family, socket.SOCK_DGRAM) as asking:
            asking.bind((client, 0))
            asking.sendto(client.encode(), first.getsockname()[:2])


def take(sock: socket.socket) -> list[str]:
    """The clients of all datagrams that wait in a socket."""
    clients = []
    with contextlib.suppress(BlockingIOError):
        while text := sock.recv(64):
            clients.append(text.decode())
    return clients


def count_by_lane(of_workers: Sequence[WorkerSockets]) -> dict[str, Counter[tuple[int, int]]]:
    """How many datagrams of each client wait at each (worker, lane)."""
    arrived: dict[str, Counter[tuple[int, int]]] = {}
    for worker, own in enumerate(of_workers):
        for lane, sock in enumerate(own.udp):
            for client in take(sock):
                arrived.setdefault(client, Counter())[worker, lane] += 1
    return arrived


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        pytest.param("::1", marks=pytest.mark.skipif(not sockets.has_ipv6(), reason="no IPv6 here")),
    ],
)
def test_a_client_has_one_lane_of_each_worker_whatever_its_ports(host: str) -> None:
    clients = CLIENTS if host == "127.0.0.1" else (host,)
    with open_sockets(host) as of_workers:
        skip_without_lanes(of_workers)
        for client in clients:
            ask(of_workers, client, PORTS_OF_CLIENT)
        by_client = count_by_lane(of_workers)

    assert set(by_client) == set(clients)
    for arrived in by_client.values():
        assert arrived.total() == PORTS_OF_CLIENT
        assert {worker for worker, _ in arrived} == set(range(WORKERS))
        assert len({lane for _, lane in arrived}) == 1

    if len(clients) > 1:
        lanes = {lane for arrived in by_client.values() for _, lane in arrived}
        assert lanes == set(range(client_lanes.LANES)), "neighbours are spread"


def test_a_flood_leaves_room_to_the_clients_of_other_lanes() -> None:
    flooder, *others = CLIENTS
    with open_sockets("127.0.0.1") as of_workers:
        skip_without_lanes(of_workers)
        for own in of_workers:
            for sock in own.udp:
                # The smallest there is: a few datagrams.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        ask(of_workers, flooder, PORTS_OF_CLIENT)
        for client in others:
            ask(of_workers, client, 1)
        by_client = count_by_lane(of_workers)

    assert by_client[flooder].total() < PORTS_OF_CLIENT, "it filled its buffers"
    (flooded_lane,) = {lane for _, lane in by_client[flooder]}
    lanes_of_others = {lane for client in others for _, lane in by_client.get(client, ())}
    assert lanes_of_others == set(range(client_lanes.LANES)) - {flooded_lane}


def test_without_a_choice_by_client_a_worker_has_one_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_lanes, "_SO_ATTACH_REUSEPORT_CBPF", 9999)
    with open_sockets("127.0.0.1") as of_workers:
        assert [len(own.udp) for own in of_workers] == [1] * WORKERS
