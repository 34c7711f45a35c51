"""DNS over TLS: the certificate in use, and what happens when its files change."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from svcdns import server_certificate
from svcdns.errors import ConfigError
from svcdns.serve.worker.client_connections import ClientConnections, ClientLimits
from svcdns.serve.worker.tls_listener import TlsListener
from tests.certificates import make_certificate
from tests.fuzz import world

QUERY = b"\0\7\1\0\0\1\0\0\0\0\0\0\3web\7default\3svc\7cluster\5local\0\0\1\0\1"


@contextlib.asynccontextmanager
async def serving(certificate: server_certificate.ServerCertificate) -> AsyncIterator[int]:
    """The port of a server of our own protocol behind this certificate."""
    loop = asyncio.get_running_loop()
    connections = ClientConnections(loop, world.Served(), ClientLimits())
    with socket.create_server(("127.0.0.1", 0)) as sock:
        listener = TlsListener(sock, certificate.context, connections)
        listener.start(10)
        try:
            yield sock.getsockname()[1]
        finally:
            listener.close()


async def ask(port: int) -> tuple[bytes, bytes]:
    """The certificate that is shown, and the reply to a query."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(len(QUERY).to_bytes(2, "big") + QUERY)
    reply = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return shown, reply


async def test_a_new_certificate_is_shown_to_new_clients(tmp_path: Path) -> None:
    chain, key = make_certificate(tmp_path)
    certificate = server_certificate.ServerCertificate(chain, key, "dot")
    async with serving(certificate) as port:
        first, reply = await ask(port)
        assert reply[:2] == QUERY[:2] and reply[-4:] == bytes((10, 96, 0, 1))
        assert not certificate.refresh()
        make_certificate(tmp_path)
        assert certificate.refresh()
        second, _ = await ask(port)
        assert second != first


async def test_a_bad_pair_leaves_the_last_good_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    chain, key = make_certificate(tmp_path)
    certificate = server_certificate.ServerCertificate(chain, key, "dot")
    async with serving(certificate) as port:
        first, _ = await ask(port)
        chain.write_text("nonsense")
        assert not certificate.refresh()
        assert "the last certificate stays" in caplog.text
        assert (await ask(port))[0] == first


def test_no_certificate(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no certificate with its key"):
        server_certificate.ServerCertificate(tmp_path / "none.crt", tmp_path / "none.key", "dot")
