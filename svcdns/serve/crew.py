"""The processes that serve by one plan: workers, the watcher of their table, who writes the query log.

Where the plan changes, another crew takes over; it keeps those of the last one whose work is the same.
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from svcdns import tls
from svcdns.forward.notes import Note
from svcdns.serve import channel, memory, querylog, sockets, working
from svcdns.serve.children import Child, Main
from svcdns.serve.plan import Plan
from svcdns.serve.worker import Worker

NICE = 2
"""Of the watcher: where it lists a whole cluster on a worker's processor, the worker goes first.

At 5 a list keeps queries waiting no less, and changes wait half as long again for their answers.
"""

_Pair: TypeAlias = tuple[socket.socket, socket.socket]


class Post(Struct, frozen=True):
    """What stays when the plan changes."""

    state: Path
    sockets: list[sockets.Sockets]
    loop_key: bytes
    received: Callable[[Child, channel.Message], None]
    ended: Callable[[Child, int], bool]


class Crew:
    """The processes of a plan at a table; none is started by this."""

    def __init__(self, plan: Plan, table: Path, post: Post, last: "Crew | None" = None) -> None:
        """`last` serves now. Raises ConfigError where the certificate cannot be used."""
        self.plan = plan
        self.table = table
        self._post = post
        self._policy = plan.policy.made()
        self._certificate: tls.Certificate | None = None
        if plan.tls_cert and plan.tls_key:
            self._certificate = tls.Certificate(Path(plan.tls_cert), Path(plan.tls_key), "dot")
        if last is not None and last.plan.for_query_log == plan.for_query_log:
            self._queries: _Pair = last._queries
            self.log: Child = last.log
        else:
            self._queries = channel.pair()
            self.log = self._child(querylog.NAME, self._log_main)
        if last is not None and (last.plan.for_watcher, last.table) == (plan.for_watcher, table):
            self.watcher: Child = last.watcher
        else:
            self.watcher = self._child(channel.WATCHER, self._watcher_main)
        if last is not None and (last.plan.for_workers, last.table) == (plan.for_workers, table):
            self.workers: list[Child] = last.workers
        else:
            self.workers = [
                self._child(f"worker {number}", self._worker_main(own))
                for number, own in enumerate(post.sockets)
            ]

    @property
    def readers(self) -> list[Child]:
        """All who have the table open."""
        return [*self.workers, self.watcher]

    @property
    def all(self) -> list[Child]:
        """In the order in which they end: who answers first, who writes of it last."""
        return [*self.readers, *([self.log] if self.plan.query_log != "off" else [])]

    def close(self, next_one: "Crew") -> None:
        """All are gone who are not of the next crew."""
        if self._queries is not next_one._queries:
            for sock in self._queries:
                sock.close()

    def _child(self, name: str, main: Main) -> Child:
        return Child(name, main, self._post.received, self._post.ended)

    def _worker_main(self, own: sockets.Sockets) -> Main:
        def run(control: socket.socket) -> int:
            def tell(note: Note) -> None:
                channel.send(control, channel.Told(note))

            plan, (ours, _) = self.plan, self._queries
            queries = querylog.opened(plan.query_log, plan.query_log_sample, ours)
            made = Worker(self.table, plan.forwarding, self._policy, self._post.loop_key, tell, queries)
            working.run(made, control, own, self._certificate)
            return 0

        return run

    def _watcher_main(self, control: socket.socket) -> int:
        memory.look_seldom()
        from svcdns.serve import watching

        os.nice(NICE)
        return watching.run(self.plan, self._post.state, self.table, control)

    def _log_main(self, control: socket.socket) -> int:
        return querylog.run(control, self._queries[1], self.plan.log_format)
