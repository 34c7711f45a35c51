"""The processes of one configuration: workers, the watcher of their table, who writes the query log.

Where it changes, another crew takes over; it keeps those of the last one whose work is the same.
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from svcdns import tls
from svcdns.dns.policy import policy_of
from svcdns.forward.notes import Note
from svcdns.serve import channel, memory, querylog, sockets, working
from svcdns.serve.children import Child, Main
from svcdns.serve.runtime_config import RuntimeConfig
from svcdns.serve.worker import Worker

NICE = 2
"""Of the watcher: where it lists a whole cluster on a worker's processor, the worker goes first.

At 5 a list keeps queries waiting no less, and changes wait half as long again for their answers.
"""

_Pair: TypeAlias = tuple[socket.socket, socket.socket]


class Post(Struct, frozen=True):
    """What stays when the configuration changes."""

    state: Path
    sockets: list[sockets.Sockets]
    loop_key: bytes
    received: Callable[[Child, channel.Message], None]
    ended: Callable[[Child, int], bool]


class Crew:
    """The processes of a configuration at a table; none is started by this."""

    def __init__(self, config: RuntimeConfig, table: Path, post: Post, last: "Crew | None" = None) -> None:
        """`last` serves now. Raises ConfigError where the certificate cannot be used."""
        self.config = config
        self.table = table
        self._post = post
        self._block = config.only_block
        self._policy = policy_of(self._block.rules)
        self._certificate: tls.Certificate | None = None
        files = config.only_listener.certificate
        if files.cert and files.key:
            self._certificate = tls.Certificate(Path(files.cert), Path(files.key), "dot")
        if last is not None and last.config.for_query_log == config.for_query_log:
            self._queries: _Pair = last._queries
            self.log: Child = last.log
        else:
            self._queries = channel.pair()
            self.log = self._child(querylog.NAME, self._log_main)
        if last is not None and (last.config.for_watcher, last.table) == (config.for_watcher, table):
            self.watcher: Child = last.watcher
        else:
            self.watcher = self._child(channel.WATCHER, self._watcher_main)
        if last is not None and (last.config.for_workers, last.table) == (config.for_workers, table):
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
        return [*self.readers, *([self.log] if self.config.query_log.mode != "off" else [])]

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

            options = self.config.query_log
            queries = querylog.opened(options.mode, options.sample, self._queries[0])
            made = Worker(self.table, self._block, self._policy, self._post.loop_key, tell, queries)
            working.run(made, control, own, self._certificate)
            return 0

        return run

    def _watcher_main(self, control: socket.socket) -> int:
        memory.look_seldom()
        from svcdns.serve import watching

        os.nice(NICE)
        return watching.run(self.config, self._post.state, self.table, control)

    def _log_main(self, control: socket.socket) -> int:
        return querylog.run(control, self._queries[1], self.config.logs.format)
