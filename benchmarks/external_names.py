"""Names outside the cluster: the questions about them, and the upstream that answers every one.

Run as `python -m benchmarks.external_names PORT`, on loopback, until it is ended. It says the same of each
name, for an hour, so that after the first round all answers come from the caches that are measured.
"""

import random
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import processes

KIND = "outside"
NAME_COUNT = 5000
"""Distinct ones: all fit into the smallest default cache of the servers (Unbound's 4 MB)."""

_FLAGS_AND_COUNTS = b"\x81\x80\0\1\0\1\0\0\0\0"
"""QR, RD, RA; one question and one answer."""
_RECORD = b"\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc0\0\2\1"
"""A of the question's name, TTL 3600, 192.0.2.1 (RFC 1035 3.2.1)."""


def write_questions(folder: Path, count: int = 100_000, seed: int = 3) -> Path:
    """Write the questions: random ones of NAMES names."""
    rng = random.Random(seed)
    path = folder / f"{KIND}.questions"
    path.write_text("".join(f"www.site-{rng.randrange(NAME_COUNT):05}.example.com A\n" for _ in range(count)))
    return path


def write_each_name_once(folder: Path) -> Path:
    """Each name once: to fill the caches."""
    path = folder / f"{KIND}.once"
    path.write_text("".join(f"www.site-{number:05}.example.com A\n" for number in range(NAME_COUNT)))
    return path


def make_reply(query: bytes) -> bytes:
    """The reply to a query for A."""
    question = query[12 : query.index(0, 12) + 5]
    return b"".join((query[:2], _FLAGS_AND_COUNTS, question, _RECORD))


def serve(port: int) -> None:
    """Answer for ever."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", port))
        while True:
            query, client = sock.recvfrom(512)
            sock.sendto(make_reply(query), client)


@contextmanager
def run_upstream(cores: Sequence[int]) -> Iterator[int]:
    """Run it as a process of its own; yields its port."""
    port = processes.find_free_port()
    command = [sys.executable, "-m", "benchmarks.external_names", str(port)]
    process = subprocess.Popen(processes.pin_command(cores, command), stdin=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
