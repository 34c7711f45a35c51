"""The private parts of asyncio, on this Python: if one fails, read the table in svcdns/asyncio_private."""

import ast
import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from svcdns import asyncio_private
from svcdns.asyncio_private import TlsServerProtocol
from tests.certificates import make_certificate
from tests.patience import PATIENCE

PACKAGE = Path(asyncio_private.__file__).parent
BUFFER_BYTES = 16 << 10


class Echo(asyncio.Protocol):
    """Sends back what comes in."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


async def accept(sock: socket.socket, context: ssl.SSLContext) -> tuple[asyncio.Transport, TlsServerProtocol]:
    """One connection, as `web.http_listener` accepts it: this returns before there is a handshake."""
    loop = asyncio.get_running_loop()
    client, _ = await loop.sock_accept(sock)
    protocol = TlsServerProtocol(loop, Echo(), context, buffer_bytes=BUFFER_BYTES, shutdown_timeout=1.0)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, client)
    return transport, protocol


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(tmp_path))
    return context


async def test_tls_is_the_protocol_of_a_plain_connection(context: ssl.SSLContext) -> None:
    """`SSLProtocol`: without it the webhook accepts nobody."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.setblocking(False)
        accepting = asyncio.create_task(accept(sock, context))
        trusting = ssl._create_unverified_context()
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(*sock.getsockname(), ssl=trusting)
            transport, _ = await accepting
            writer.write(b"over TLS")
            assert await reader.readexactly(8) == b"over TLS"
        transport.abort()
        writer.close()


async def test_a_silent_connection_is_accepted_and_takes_little_memory(context: ssl.SSLContext) -> None:
    """`max_size` and `_get_app_transport`: without them each connection takes 256 KiB."""
    with socket.create_server(("127.0.0.1", 0)) as sock, socket.create_connection(sock.getsockname()):
        sock.setblocking(False)
        async with asyncio.timeout(PATIENCE):
            transport, protocol = await accept(sock, context)
        private: Any = protocol
        assert len(private._ssl_buffer) == BUFFER_BYTES
        assert private._incoming_high_water == BUFFER_BYTES
        transport.abort()


def private_uses(path: Path) -> list[str]:
    """What a file uses of asyncio that is private: underscored names, and its modules."""
    uses = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            if ast.unparse(node.value).split(".")[0] == "asyncio":
                uses.append(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "asyncio":
            uses += [alias.name for alias in node.names if alias.name[0] == "_" or alias.name == "sslproto"]
            uses += [node.module or ""] if node.module != "asyncio" else []
        elif isinstance(node, ast.Import):
            uses += [alias.name for alias in node.names if alias.name.startswith("asyncio.")]
    return uses


def test_no_other_module_uses_a_private_part() -> None:
    uses = {path: private_uses(path) for path in PACKAGE.rglob("*.py")}
    assert [path.name for path, names in uses.items() if names] == ["asyncio_private.py"]
    assert uses[PACKAGE / "asyncio_private.py"] == ["sslproto"]
