"""What the watcher tells of itself once a second: for /ready and the metrics, and that it lives."""

import asyncio
import socket
from collections.abc import Mapping
from typing import NoReturn, Protocol

from svcdns.dns import nodes
from svcdns.serve import channel
from svcdns.serve.beside import Beside
from svcdns.serve.tablestate import TableState
from svcdns.serve.watcher import Watcher
from svcdns.sources import Source
from svcdns.stats.numbers import Resource, ResourceCounts, WatcherCounts, WatcherState
from svcdns.table.writer import Writer

LONGEST = 500
"""Characters of an error: an API server may say anything."""


class Reads(Protocol):
    """What may find mistakes."""

    @property
    def problems(self) -> int:
        """Their number."""
        ...


class Telling:
    """Of all that the watcher is made of."""

    def __init__(
        self,
        source: Source,
        watcher: Watcher,
        table: TableState,
        writer: Writer,
        beside: Beside,
        readers: Mapping[str, Reads],
    ) -> None:
        self._source = source
        self._watcher = watcher
        self._table = table
        self._writer = writer
        self._beside = beside
        self._readers = readers

    async def run(self, control: socket.socket) -> NoReturn:
        """Tell the supervisor, until cancelled: and then once more, or the last second would be lost."""
        try:
            while True:
                self.tell(control)
                await asyncio.sleep(channel.TELL)
        finally:
            self.tell(control)

    def tell(self, control: socket.socket) -> None:
        """Tell it now: what has just happened is not to wait for the next second."""
        channel.send(control, channel.Watched(self.counts(), self.state()))

    def counts(self) -> WatcherCounts:
        """Since this process began."""
        resources = {
            str(kind): ResourceCounts(status.events, status.lists, status.watches, status.drift)
            for kind, status in self._source.status().items()
        }
        return WatcherCounts(resources, self._watcher.programmed.seconds)

    def state(self) -> WatcherState:
        """As of now."""
        resources = {
            str(kind): Resource(
                len(self._watcher.store.objects(kind)),
                status.undecodable,
                status.waiting_since,
                status.error and status.error[:LONGEST],
                status.last_event,
                status.last_list,
            )
            for kind, status in self._source.status().items()
        }
        return WatcherState(
            resources,
            self._table.state.name,
            self._watcher.live,
            self._beside.complete.is_set(),
            int.from_bytes(self._writer.get(nodes.SERIAL) or b"", "big"),
            self._writer.size(),
            {name: reader.problems for name, reader in self._readers.items()},
            len(self._watcher.warnings.capturing),
        )
