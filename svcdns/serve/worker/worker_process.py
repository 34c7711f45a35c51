"""A worker's process: its sockets and its event loop, from the first datagram to the last answer."""

import asyncio
import contextlib
import functools
import signal
import socket
import time

import uvloop

from svcdns import server_certificate
from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.sockets import WorkerSockets
from svcdns.serve.worker import cookie_keeper, tcp, udp
from svcdns.serve.worker.client_connections import ClientConnections, ClientLimits
from svcdns.serve.worker.cookie_keeper import CookieKeeper
from svcdns.serve.worker.tls_listener import TlsListener
from svcdns.serve.worker.worker import Worker

BACKLOG = 512
"""Connections of a socket that wait to be accepted: as many as a worker may have in all."""
DRAIN_TIMEOUT = 2.0
"""Seconds that open TCP connections have to take their answers when the worker stops."""


def run(
    worker: Worker,
    control: socket.socket,
    worker_sockets: WorkerSockets,
    certificate: server_certificate.ServerCertificate | None,
    keeper: CookieKeeper,
) -> None:
    """Serve the sockets until the supervisor says stop, or is gone."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(worker, control, worker_sockets, certificate, keeper))


async def _serve(
    worker: Worker,
    control: socket.socket,
    worker_sockets: WorkerSockets,
    certificate: server_certificate.ServerCertificate | None,
    keeper: CookieKeeper,
) -> None:
    loop = asyncio.get_running_loop()
    # Ctrl-C reaches all processes of a terminal; the supervisor then stops each in its turn.
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: None)
    stop: asyncio.Future[None] = loop.create_future()
    loop.add_reader(control, _on_control_message, control, stop)

    for sock in worker_sockets.udp:
        udp.attach(loop, sock, worker)
    connections = ClientConnections(loop, worker, ClientLimits())
    servers = await _start_stream_servers(connections, worker_sockets, certificate)
    worker.start()
    _refresh_cookies(loop, keeper)

    ipc.send(control, ipc.Ready())
    _send_stats(worker, control, connections, time.monotonic())
    await stop

    # The sockets stay open in the supervisor: what arrives from now on waits for the next worker.
    for server in servers:
        server.close()
    for sock in worker_sockets.udp:
        loop.remove_reader(sock)
    await _drain(worker, connections)

    # Once more, or the counts of the last second would be lost.
    _send_stats(worker, control, connections, time.monotonic())


async def _start_stream_servers(
    connections: ClientConnections,
    worker_sockets: WorkerSockets,
    certificate: server_certificate.ServerCertificate | None,
) -> list[asyncio.Server | TlsListener]:
    loop = asyncio.get_running_loop()
    new_connection = functools.partial(tcp.TcpConnection, connections)
    servers: list[asyncio.Server | TlsListener] = [
        await loop.create_server(new_connection, sock=sock, backlog=BACKLOG) for sock in worker_sockets.tcp
    ]

    if certificate is not None:
        for sock in worker_sockets.tls:
            listener = TlsListener(sock, certificate.context, connections)
            listener.start(BACKLOG)
            servers.append(listener)
        _refresh_certificate(loop, certificate)
    return servers


async def _drain(worker: Worker, connections: ClientConnections) -> None:
    """Wait until all queries are answered; connections get `DRAIN_TIMEOUT` at most to take the replies."""
    connections.drain()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DRAIN_TIMEOUT
    # No deadline for upstreams: each query that waits for one has its own.
    while worker.waiting_count or (connections and loop.time() < deadline):  # noqa: ASYNC110 - for some turns
        await asyncio.sleep(0.02)
    worker.close()


def _send_stats(
    worker: Worker, control: socket.socket, connections: ClientConnections, due_at: float
) -> None:
    """Report to the supervisor, and again every second; `due_at` is when it should have been made.

    The report is also the sign of life: the supervisor replaces a worker that sends none for a while.
    """
    now = time.monotonic()
    # A timer that rings late shows how long the event loop was busy with something else.
    ipc.send(control, worker.collect_stats(connections, max(0.0, now - due_at)))

    next_due_at = now + ipc.REPORT_INTERVAL
    asyncio.get_running_loop().call_later(
        ipc.REPORT_INTERVAL, _send_stats, worker, control, connections, next_due_at
    )


def _refresh_certificate(
    loop: asyncio.AbstractEventLoop, certificate: server_certificate.ServerCertificate
) -> None:
    certificate.refresh()
    loop.call_later(server_certificate.REFRESH_INTERVAL, _refresh_certificate, loop, certificate)


def _refresh_cookies(loop: asyncio.AbstractEventLoop, keeper: CookieKeeper) -> None:
    keeper.refresh()
    loop.call_later(cookie_keeper.REFRESH_INTERVAL, _refresh_cookies, loop, keeper)


def _on_control_message(control: socket.socket, stop: "asyncio.Future[None]") -> None:
    """Resolve `stop` when the supervisor says stop, or is gone."""
    with contextlib.suppress(BlockingIOError):
        while not stop.done():
            message = ipc.receive(control)
            if message is None or isinstance(message, ipc.StopRequest):
                stop.set_result(None)

    # A socket at its end stays readable: the loop would call this again and again.
    if stop.done():
        asyncio.get_running_loop().remove_reader(control)
