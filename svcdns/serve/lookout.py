"""The supervisor's view of its server: what the children told, and what the system says of them."""

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from svcdns.serve import channel, children, measured, querylog
from svcdns.serve.accounts import Accounts
from svcdns.serve.children import Child
from svcdns.serve.runtime_config import Listen
from svcdns.serve.sockets import Sockets
from svcdns.stats.numbers import WatcherState
from svcdns.stats.overview import Overview, Process

MEASURED = 5.0
"""Seconds for which what was measured of memory counts: the kernel walks through all of it."""


SUPERVISOR = "supervisor"


class Lookout:
    """Of those who serve: `follow` says who. What is counted is of all, those who leave too."""

    def __init__(
        self, addresses: Sequence[Listen], state: Path, opened: Sequence[Sockets], serving: Sequence[Child]
    ) -> None:
        self.stopping = False
        self._refused = ""
        self._reloads_failed = 0
        self._servers = _server(addresses, tls=False), _server(addresses, tls=True)
        self._snapshot = state / "snapshot.json"
        self._sockets = [sock for own in opened for sock in own.udp]
        self._serving = serving
        self._accounts = Accounts()
        self._restarts: Counter[str] = Counter()
        self._table: WatcherState | None = None
        self._stored = self._listed = False
        self._unhealthy = 0
        self._memory: Mapping[str, int] = {}
        self._measured_at = float("-inf")

    def laid(self, has_answers: bool) -> None:
        """The table was made anew, from a stored one or empty."""
        self._stored, self._listed = has_answers, False
        self._table = None

    def follow(self, serving: Sequence[Child], listed: bool) -> None:
        """These serve from now on; `listed`: their table is all that the source and the files said."""
        self._serving = serving
        self._listed |= listed

    def told(self, child: Child, message: channel.Message) -> None:
        """A child said something; one that is yet to serve, or did, is not asked how the table is."""
        self._accounts.told(child, message, time.monotonic())
        if child not in self._serving:
            return
        if isinstance(message, channel.Ready) and child.name == channel.WATCHER:
            self._listed = True
        elif isinstance(message, channel.Watched):
            self._table = message.state
            self._listed &= message.state.state != "EMPTY"  # or it is another cluster than before

    def ended(self, child: Child) -> None:
        """A child is gone."""
        self._accounts.ended(child)

    def replaced(self, child: Child) -> None:
        """Another process takes the place of one that ended."""
        self._restarts[child.name] += 1

    def judged(self, wrong: str) -> None:
        """What is wrong with the configuration that was read last; nothing where it is served."""
        self._refused = wrong
        self._reloads_failed += bool(wrong)

    def unhealthy(self) -> None:
        """Somebody was told so."""
        self._unhealthy += 1

    def queries(self) -> int:
        """All that the workers have told of; the newest of them comes to be known within channel.TELL."""
        return sum(sum(found.types.values()) for found in self._accounts.counts().traffic.values())

    def look(self) -> Overview:
        """All of it, now."""
        now, accounts = time.monotonic(), self._accounts
        return Overview(
            now,
            *self._servers,
            self.stopping,
            self._listed,
            self._stored if self._table is None else self._table.state != "EMPTY",
            accounts.counts(),
            accounts.states(),
            accounts.top(),
            accounts.watched(),
            self._table,
            self._processes(now),
            self._measure(now),
            measured.cpu(child.pid for child in children.living()),
            measured.drops(self._sockets),
            measured.age(self._snapshot),
            self._refused,
            self._reloads_failed,
            self._unhealthy,
        )

    def _processes(self, now: float) -> tuple[Process, ...]:
        return (
            Process(SUPERVISOR, os.getpid(), 0, None),
            *(
                Process(
                    child.name,
                    child.pid,
                    self._restarts[child.name],
                    None if child.name == querylog.NAME else self.silent(child, now),
                )
                for child in self._serving
            ),
        )

    def _measure(self, now: float) -> Mapping[str, int]:
        """By name: while one crew takes over from another there are two of most."""
        if now - self._measured_at >= MEASURED:
            self._measured_at = now
            found = Counter({SUPERVISOR: measured.memory(os.getpid())})
            for child in children.living():
                found[child.name] += measured.memory(child.pid)
            self._memory = found
        return self._memory

    def silent(self, child: Child, now: float) -> float:
        """Seconds since it last said something, or was started."""
        return now - max(child.started_at, self._accounts.heard(child))


def _server(addresses: Sequence[Listen], tls: bool) -> str:
    """The address of CoreDNS's label `server`: scheme and port, where there is one such."""
    ports = {at.port for at in addresses if at.tls == tls}
    scheme = "tls" if tls else "dns"
    return f"{scheme}://:{ports.pop()}" if len(ports) == 1 else f"{scheme}://"
