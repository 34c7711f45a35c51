"""One question asked again and again, until it has the answer that is waited for."""

import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import dns.message

FAST_INTERVAL, SLOW_INTERVAL = 0.0002, 0.005
"""Seconds between two questions: for events, and for starts, of which asking often would take a fifth."""
TIMEOUT_SECONDS = 120.0
"""Seconds."""


class AnswerTimeoutError(Exception):
    """The answer did not come."""


class AnswerPoller:
    """A socket of its own to a server on loopback."""

    def __init__(self, port: int, interval: float = FAST_INTERVAL) -> None:
        self._interval = interval
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(0.2)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def wait_for_answer(self, name: str, is_running: Callable[[], bool] = lambda: True) -> float:
        """When (time.monotonic) the first reply with an address of the name came. Raises TooLateError."""
        query = dns.message.make_query(f"{name}.", "A", flags=0).to_wire()
        end = time.monotonic() + TIMEOUT_SECONDS
        while not self._has_answer(query):
            if time.monotonic() > end or not is_running():
                raise AnswerTimeoutError(
                    f"the server ended, or had no address of {name} for {TIMEOUT_SECONDS:g} s"
                )
            time.sleep(self._interval)

        return time.monotonic()

    def _has_answer(self, query: bytes) -> bool:
        """NOERROR, with a record (RFC 1035 4.1.1)."""
        try:
            self._socket.send(query)
            reply = self._socket.recv(4096)
        except OSError:  # nobody listens yet, or nothing came
            return False

        return reply[:2] == query[:2] and not reply[3] & 15 and reply[6:8] != b"\0\0"
