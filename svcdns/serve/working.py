"""A worker's process: its sockets and its event loop, from the first datagram to the last answer."""

import asyncio
import contextlib
import functools
import signal
import socket
import time

import uvloop

from svcdns import tls
from svcdns.serve import channel, tcp, udp
from svcdns.serve.connections import Connections, Limits
from svcdns.serve.sockets import Sockets
from svcdns.serve.worker import Worker

BACKLOG = 512
HANDSHAKE = 5.0
"""Seconds that a client has for its TLS handshake."""
DRAIN = 2.0
"""Seconds that open TCP connections have to take their answers when the worker stops."""


def run(worker: Worker, control: socket.socket, own: Sockets, certificate: tls.Certificate | None) -> None:
    """Serve the sockets until told to stop, or until the supervisor is gone."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(worker, control, own, certificate))


async def _serve(
    worker: Worker, control: socket.socket, own: Sockets, certificate: tls.Certificate | None
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):  # they are the supervisor's to act on
        loop.add_signal_handler(number, lambda: None)
    stop: asyncio.Future[None] = loop.create_future()
    loop.add_reader(control, _listen, control, stop)
    for sock in own.udp:
        udp.attach(loop, sock, worker)
    connections = Connections(loop, worker, Limits())
    servers = await _stream_servers(connections, own, certificate)
    worker.start()
    channel.send(control, channel.Ready())
    _tell(worker, control, connections, time.monotonic())
    await stop
    for server in servers:
        server.close()
    for sock in own.udp:
        loop.remove_reader(sock)
    await _drain(worker, connections)
    _tell(worker, control, connections, time.monotonic())


async def _stream_servers(
    connections: Connections, own: Sockets, certificate: tls.Certificate | None
) -> list[asyncio.Server]:
    loop, make = asyncio.get_running_loop(), functools.partial(tcp.Connection, connections)
    servers = [await loop.create_server(make, sock=sock, backlog=BACKLOG) for sock in own.tcp]
    if certificate is not None:
        context = certificate.context
        servers += [
            await loop.create_server(
                make, sock=sock, backlog=BACKLOG, ssl=context, ssl_handshake_timeout=HANDSHAKE
            )
            for sock in own.tls
        ]
        _refresh(loop, certificate)
    return servers


async def _drain(worker: Worker, connections: Connections) -> None:
    """Until what was asked is answered, or long enough."""
    connections.drain()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DRAIN
    while worker.waiting or (connections and loop.time() < deadline):  # noqa: ASYNC110 - for some turns
        await asyncio.sleep(0.02)
    worker.close()


def _tell(worker: Worker, control: socket.socket, connections: Connections, due: float) -> None:
    """Once a second, what was counted: a worker that is not heard of for a while hangs."""
    now = time.monotonic()
    channel.send(control, worker.told(connections, max(0.0, now - due)))
    again = now + channel.TELL
    asyncio.get_running_loop().call_later(channel.TELL, _tell, worker, control, connections, again)


def _refresh(loop: asyncio.AbstractEventLoop, certificate: tls.Certificate) -> None:
    certificate.refresh()
    loop.call_later(tls.LOOK, _refresh, loop, certificate)


def _listen(control: socket.socket, stop: "asyncio.Future[None]") -> None:
    """Done when the supervisor says stop, or is gone."""
    with contextlib.suppress(BlockingIOError):
        while not stop.done():
            message = channel.receive(control)
            if message is None or isinstance(message, channel.Stopping):
                stop.set_result(None)
    if stop.done():
        asyncio.get_running_loop().remove_reader(control)
