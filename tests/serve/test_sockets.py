"""The sockets of a server, where a machine lacks what a manifest for every node asks for."""

import contextlib

import pytest

from svcdns.serve import sockets
from svcdns.serve.runtime_config import Listen
from tests import server


def test_a_machine_without_ipv6(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(sockets, "has_ipv6", lambda: False)
    port = server.free_port()
    both = [Listen("127.0.0.1", port), Listen("::", port)]
    with contextlib.ExitStack() as stack:
        (own,) = sockets.open_all(both, 1)
        http = sockets.open_http([Listen("127.0.0.1", 0), Listen("::", 0)])
        for sock in (*own.udp, *own.tcp, *http):
            stack.enter_context(sock)
        assert [sock.getsockname() for sock in (*own.udp, *own.tcp)] == [("127.0.0.1", port)] * 2
        assert len(http) == 1
    assert f"not answering on [::]:{port} (UDP and TCP): this machine has no IPv6" in caplog.text
