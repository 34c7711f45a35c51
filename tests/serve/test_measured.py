"""What the system says of this process and its sockets."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from svcdns.serve import measured

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="of Linux alone")


@LINUX
def test_memory() -> None:
    before = measured.memory(os.getpid())
    assert before > 1 << 20
    held = bytearray(os.urandom(1)) * (32 << 20)
    assert measured.memory(os.getpid()) - before > 24 << 20
    del held


@LINUX
def test_drops() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as full,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        full.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        full.bind(("127.0.0.1", 0))
        assert measured.drops([full]) == 0
        for _ in range(100):
            client.sendto(bytes(1000), full.getsockname())
        assert 50 < measured.drops([full, client]) < 100


def test_cpu() -> None:
    before = measured.cpu([])
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    assert measured.cpu([]) - before >= 0.05
    with subprocess.Popen([sys.executable, "-c", "sum(range(10**8))"]) as child:
        end = time.monotonic() + 10
        while measured.cpu([child.pid]) - measured.cpu([]) < 0.03:
            assert time.monotonic() < end
        child.kill()


def test_age(tmp_path: Path) -> None:
    assert measured.age(tmp_path / "none") is None
    (tmp_path / "file").touch()
    os.utime(tmp_path / "file", (time.time() - 60,) * 2)
    assert measured.age(tmp_path / "file") == pytest.approx(60, abs=5)


def test_nobody_and_nothing() -> None:
    assert measured.memory(0) == 0
    assert measured.cpu([0]) > 0
