"""Which socket a client's datagrams reach, on real sockets."""

import contextlib
import socket
from collections import Counter
from collections.abc import Sequence

import pytest

from svcdns.serve.runtime import client_lanes, sockets
from svcdns.serve.runtime.runtime_config import Listen
from tests import server

WORKERS = 2
PORTS_OF_CLIENT = 64


def count_by_lane(server_host: str, clients: Sequence[str]) -> dict[str, Counter[tuple[int, int]]]:
    """How many queries of each client, a port each, reached each (worker, lane)."""
    address = Listen(server_host, server.free_port())
    arrived: dict[str, Counter[tuple[int, int]]] = {}
    with contextlib.ExitStack() as stack:
        of_workers = sockets.open_worker_sockets([address], WORKERS)
        for own in of_workers:
            for sock in (*own.udp, *own.tcp):
                stack.enter_context(sock)
        if len(of_workers[0].udp) == 1:
            pytest.skip("this system does not choose among sockets by client")

        family = of_workers[0].udp[0].family
        for client in clients:
            for _ in range(PORTS_OF_CLIENT):
                with socket.socket(family, socket.SOCK_DGRAM) as asking:
                    asking.bind((client, 0))
                    asking.sendto(b"?", (address.host, address.port))
            arrived[client] = Counter(
                {
                    (worker, lane): count_waiting(sock)
                    for worker, own in enumerate(of_workers)
                    for lane, sock in enumerate(own.udp)
                }
            )
    return arrived


def count_waiting(sock: socket.socket) -> int:
    """How many datagrams wait in a socket, which are taken out."""
    number = 0
    with contextlib.suppress(BlockingIOError):
        while sock.recv(16):
            number += 1
    return number


def test_a_client_has_one_lane_of_each_worker_whatever_its_ports() -> None:
    clients = [f"127.0.1.{number}" for number in range(1, 41)]
    by_client = count_by_lane("127.0.0.1", clients)

    seen_lanes = set()
    for arrived in by_client.values():
        assert arrived.total() == PORTS_OF_CLIENT
        lanes = {lane for (_, lane), number in arrived.items() if number}
        assert len(lanes) == 1
        assert {worker for (worker, _), number in arrived.items() if number} == set(range(WORKERS))
        seen_lanes |= lanes
    assert seen_lanes == set(range(client_lanes.LANES)), "neighbours are spread"


@pytest.mark.skipif(not sockets.has_ipv6(), reason="this machine has no IPv6")
def test_over_ipv6() -> None:
    (arrived,) = count_by_lane("::1", ["::1"]).values()
    assert arrived.total() == PORTS_OF_CLIENT
    assert len({lane for (_, lane), number in arrived.items() if number}) == 1
    assert {worker for (worker, _), number in arrived.items() if number} == set(range(WORKERS))


def test_without_a_choice_by_client_a_worker_has_one_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_lanes, "_SO_ATTACH_REUSEPORT_CBPF", 9999)
    of_workers = sockets.open_worker_sockets([Listen("127.0.0.1", server.free_port())], WORKERS)
    assert [len(own.udp) for own in of_workers] == [1] * WORKERS
    for own in of_workers:
        for sock in (*own.udp, *own.tcp):
            sock.close()
