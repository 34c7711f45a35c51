"""The benchmark's API server as the run sees it: started, told what to do, ended."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml
from msgspec import Struct

from benchmarks import processes

T = TypeVar("T", bound=Struct)


class SentEvent(Struct, frozen=True):
    """An event: when it was sent (time.monotonic, the same in all processes), and what has an address now."""

    at: float
    name: str


class ListeningServer(Struct, frozen=True):
    """Where it listens, and how many bytes its objects have."""

    port: int
    size: int


class ChangeCount(Struct, frozen=True):
    """Made at a rate so far."""

    changes: int


class RelistTime(Struct, frozen=True):
    """How long it took to list and to watch again."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ApiServerProcess:
    """A running one."""

    process: "subprocess.Popen[bytes]"
    size: int
    kubeconfig: Path

    def read_cpu_seconds(self) -> float:
        """Seconds of CPU so far."""
        return processes.read_cpu_time(self.process.pid).total / 1e6

    def replace_endpoint(self, *, is_large: bool = False) -> SentEvent:
        """One endpoint is another from now on."""
        return self._send_command(f"change {'large' if is_large else 'ordinary'}", SentEvent)

    def set_churn_rate(self, rate: int) -> int:
        """Change so many a second from now on; how many were changed so so far."""
        return self._send_command(f"churn {rate}", ChangeCount).changes

    def create_large_service(self, endpoints: int) -> SentEvent:
        """A headless Service with so many endpoints; the name is its last one's."""
        return self._send_command(f"large {endpoints}", SentEvent)

    def force_relist(self) -> float:
        """The history of the slices is gone; returns when they are watched again, after so many seconds."""
        return self._send_command("relist", RelistTime).seconds

    def _send_command(self, command: str, kind: type[T]) -> T:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()
        return _read_answer(self.process, kind)


@contextlib.contextmanager
def run_api_server(services: int, folder: Path, core: int) -> Iterator[ApiServerProcess]:
    """Start one on its core; end it with the block."""
    command: Sequence[str] = (sys.executable, "-m", "benchmarks.scale.apiserver", str(services))
    process = subprocess.Popen(
        processes.pin_command([core], list(command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        listening = _read_answer(process, ListeningServer)
        yield ApiServerProcess(process, listening.size, _write_kubeconfig(folder, listening.port))
    finally:
        process.kill()
        process.communicate()


def _read_answer(process: "subprocess.Popen[bytes]", kind: type[T]) -> T:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the benchmark's API server ended with {process.wait()}")
    return msgspec.json.decode(line, type=kind)


def _write_kubeconfig(folder: Path, port: int) -> Path:
    path = folder / "kubeconfig"
    document = {
        "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "bench", "user": {"token": "none"}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
    }
    path.write_text(yaml.safe_dump(document))
    return path
