"""A flood of queries from an address of its own; answers are not read. SIGTERM ends it: it prints its rate.

Run as `python -m benchmarks.fairness.flood PORT RATE SECONDS QUESTIONS`. RATE is in queries a second, or 0
for as fast as possible. QUESTIONS is a file of names, or `random` for names below example.net that nobody has
asked before.
"""

import itertools
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fairness.victim import make_query, read_names

ADDRESS = "127.0.0.2"
"""Another client than the one that is measured."""
TICK = 0.001
"""Seconds between two bursts: 1,500 a second are one or two at a time."""
RANDOM = "random"


def make_queries(questions: str) -> Iterator[bytes]:
    """Queries without end."""
    if questions != RANDOM:
        yield from itertools.cycle([make_query(1, name) for name in read_names(Path(questions))])
    while True:
        yield make_query(1, f"{secrets.token_hex(8)}.example.net")


def send(port: int, rate: float, seconds: float, questions: str) -> float:
    """Send for so long, or until SIGTERM; the queries a second that were sent."""
    queries = make_queries(questions)
    sent = 0
    is_ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_ended.set())
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind((ADDRESS, 0))
        sock.connect(("127.0.0.1", port))
        begin = time.monotonic()
        while (passed := time.monotonic() - begin) < seconds and not is_ended.is_set():
            due = int(passed * rate) if rate else sent + 100
            for query in itertools.islice(queries, due - sent):
                sock.send(query)
            sent = max(sent, due)
            if rate:
                time.sleep(TICK)

    return sent / passed


if __name__ == "__main__":
    print(send(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
