"""The sockets of a server, where a machine lacks what a manifest for every node asks for."""

import contextlib
import shlex
import shutil
import subprocess
import sys

import pytest

from svcdns.errors import ListenError
from svcdns.serve.runtime import sockets
from svcdns.serve.runtime.runtime_config import Listen
from tests import server
from tests.patience import PATIENCE


def test_a_machine_without_ipv6(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(sockets, "has_ipv6", lambda: False)
    port = server.free_port()
    both = [Listen("127.0.0.1", port), Listen("::", port)]
    with contextlib.ExitStack() as stack:
        (own,) = sockets.open_worker_sockets(both, 1)
        http = sockets.open_http_sockets([Listen("127.0.0.1", 0), Listen("::", 0)])
        for sock in (*own.udp, *own.tcp, *http):
            stack.enter_context(sock)
        bound = [sock.getsockname() for sock in (*own.udp, *own.tcp)]
        assert bound == [("127.0.0.1", port)] * (len(own.udp) + 1)
        assert len(http) == 1
    assert f"not answering on [::]:{port} (UDP and TCP): this machine has no IPv6" in caplog.text


IN_A_NAMESPACE = """
import socket
from svcdns.errors import ListenError
from svcdns.serve.runtime import sockets
from svcdns.serve.runtime.runtime_config import Listen

index = socket.if_nametoindex("lo")
for scope in "lo", str(index):
    (own,) = sockets.open_worker_sockets([Listen(f"fe80::77%{scope}", 5353)], 1)
    (http,) = sockets.open_http_sockets([Listen(f"fe80::77%{scope}", 8080)])
    bound = [sock.getsockname() for sock in (*own.udp, *own.tcp, http)]
    assert [(name[0], name[3]) for name in bound] == [("fe80::77", index)] * (len(own.udp) + 2), bound
    with socket.socket(socket.AF_INET6) as client:
        client.connect(own.tcp[0].getsockname())
    for sock in (*own.udp, *own.tcp, http):
        sock.close()

try:
    sockets.open_worker_sockets([Listen("fe80::77", 5353)], 1)
except ListenError as error:
    assert "write [fe80::77%INTERFACE]:5353" in str(error), error
else:
    raise AssertionError
"""


def test_a_link_local_address_is_bound_at_its_interface() -> None:
    unshare, ip = shutil.which("unshare"), shutil.which("ip")
    if not (unshare and ip):
        pytest.skip("unshare or ip (iproute2) is not installed")

    setup = f"{ip} link set lo up && {ip} address add fe80::77/64 dev lo nodad"
    run = shlex.join([sys.executable, "-c", IN_A_NAMESPACE])
    done = subprocess.run(
        [unshare, "--user", "--map-root-user", "--net", "sh", "-c", f"{setup} || exit 77; {run}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no network of its own can be made here")

    assert done.returncode == 0, done.stderr


def test_an_interface_that_is_not_there_is_named() -> None:
    with pytest.raises(ListenError, match="no interface with this name"):
        sockets.open_http_sockets([Listen("fe80::77%none", server.free_port())])
