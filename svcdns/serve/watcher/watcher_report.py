"""What the watcher tells of itself once a second: for /ready and the metrics, and that it lives."""

import asyncio
import socket
from collections.abc import Mapping
from typing import NoReturn, Protocol

from svcdns.dns.table import node_format
from svcdns.serve.runtime import ipc
from svcdns.serve.watcher.static_data import StaticDataPublisher
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.watcher.watcher import Watcher
from svcdns.sources import ObjectSource
from svcdns.stats.watcher_counters import ResourceCounts, ResourceState, WatcherCounts, WatcherState
from svcdns.table.writer import TableWriter

MAX_ERROR_LENGTH = 500
"""Characters of an error: an API server may say anything."""


class HasProblems(Protocol):
    """What may find mistakes."""

    @property
    def problem_count(self) -> int:
        """Their number."""
        ...


class WatcherReport:
    """Of all that the watcher is made of."""

    def __init__(
        self,
        source: ObjectSource,
        watcher: Watcher,
        table_state: TableState,
        writer: TableWriter,
        static_data: StaticDataPublisher,
        problem_sources: Mapping[str, HasProblems],
    ) -> None:
        self._source = source
        self._watcher = watcher
        self._table_state = table_state
        self._writer = writer
        self._static_data = static_data
        self._problem_sources = problem_sources

    async def run(self, control: socket.socket) -> NoReturn:
        """Tell the supervisor, until cancelled: and then once more, or the last second would be lost."""
        try:
            while True:
                self.send(control)
                await asyncio.sleep(ipc.REPORT_INTERVAL)
        finally:
            self.send(control)

    def send(self, control: socket.socket) -> None:
        """Tell it now: what has just happened is not to wait for the next second."""
        ipc.send(control, ipc.WatcherStats(self.collect_counts(), self.collect_state()))

    def collect_counts(self) -> WatcherCounts:
        """Since this process began."""
        resources = {
            str(kind): ResourceCounts(status.events, status.lists, status.watches, status.drift)
            for kind, status in self._source.get_statuses().items()
        }
        return WatcherCounts(resources, self._watcher.programming_latency.histograms_by_kind)

    def collect_state(self) -> WatcherState:
        """As of now."""
        resources = {
            str(kind): ResourceState(
                len(self._watcher.store.objects(kind)),
                status.undecodable,
                status.waiting_since,
                status.error and status.error[:MAX_ERROR_LENGTH],
                status.last_event,
                status.last_list,
            )
            for kind, status in self._source.get_statuses().items()
        }
        return WatcherState(
            resources,
            self._table_state.state.name,
            self._watcher.is_live,
            self._static_data.all_published.is_set(),
            int.from_bytes(self._writer.get(node_format.SERIAL_KEY) or b"", "big"),
            self._writer.used_bytes(),
            {name: reader.problem_count for name, reader in self._problem_sources.items()},
            len(self._watcher.warnings.tld_namespaces),
        )
