"""What the system says of this process and its sockets."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from svcdns.serve.supervisor import procfs
from tests.patience import PATIENCE

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="of Linux alone")


@LINUX
def test_memory() -> None:
    before = procfs.read_memory(os.getpid())
    assert before > 1 << 20
    held = bytearray(os.urandom(1)) * (32 << 20)
    assert procfs.read_memory(os.getpid()) - before > 24 << 20
    del held


@LINUX
def test_drops() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as full,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        full.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        full.bind(("127.0.0.1", 0))
        assert procfs.count_dropped_datagrams([full]) == 0
        for _ in range(100):
            client.sendto(bytes(1000), full.getsockname())
        assert 50 < procfs.count_dropped_datagrams([full, client]) < 100


def test_cpu() -> None:
    before = procfs.read_cpu_seconds([])
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    assert procfs.read_cpu_seconds([]) - before >= 0.05
    with subprocess.Popen([sys.executable, "-c", "sum(range(10**8))"]) as child:
        end = time.monotonic() + PATIENCE
        while procfs.read_cpu_seconds([child.pid]) - procfs.read_cpu_seconds([]) < 0.03:
            assert time.monotonic() < end
        child.kill()


def test_age(tmp_path: Path) -> None:
    assert procfs.file_age(tmp_path / "none") is None
    (tmp_path / "file").touch()
    os.utime(tmp_path / "file", (time.time() - 60,) * 2)
    assert procfs.file_age(tmp_path / "file") == pytest.approx(60, abs=5)


def test_nobody_and_nothing() -> None:
    assert procfs.read_memory(0) == 0
    assert procfs.read_cpu_seconds([0]) > 0
