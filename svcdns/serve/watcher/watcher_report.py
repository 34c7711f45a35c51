"""The watcher's report to the supervisor, once a second: for `/ready` and the metrics, and a sign of life."""

import asyncio
import itertools
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn, Protocol

from svcdns.dns.table import node_format
from svcdns.serve.runtime import ipc
from svcdns.serve.watcher.static_data import StaticDataPublisher
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.watcher.watcher import Watcher
from svcdns.sources import ObjectSource
from svcdns.sources.file_problems import Problem
from svcdns.stats.watcher_counters import ResourceCounts, ResourceState, WatcherCounts, WatcherState
from svcdns.table.writer import TableWriter

MAX_ERROR_LENGTH = 500
"""Characters of an error that are reported: an API server may say anything, and a message has a limit."""


MAX_FILE_PROBLEMS = 5
"""Mistakes of zone files and hosts files that a report names; the log has all."""
MAX_FAULTY_SUBJECTS = 5
"""Owners of names that cannot be made, that a report names."""


class HasProblems(Protocol):
    """A source that may find mistakes in what it reads."""

    @property
    def problem_count(self) -> int:
        """The number of mistakes in what it read last."""
        ...


class WatcherReport:
    """Collects the report from the parts of a watcher."""

    def __init__(
        self,
        source: ObjectSource,
        watcher: Watcher,
        table_state: TableState,
        writer: TableWriter,
        static_data: StaticDataPublisher,
        problem_sources: Mapping[str, HasProblems],
        file_problems: Sequence[Iterable[Problem]] = (),
    ) -> None:
        """`problem_sources` are the sources with mistakes, by their names in the metrics.

        `file_problems` are the mistakes of zone files and hosts files, which the report names.
        """
        self._source = source
        self._watcher = watcher
        self._table_state = table_state
        self._writer = writer
        self._static_data = static_data
        self._problem_sources = problem_sources
        self._file_problems = file_problems

    async def run(self, control: socket.socket) -> NoReturn:
        """Report once a second, until cancelled."""
        try:
            while True:
                self.send(control)
                await asyncio.sleep(ipc.REPORT_INTERVAL)
        finally:
            # Once more, or the counts of the last second would be lost.
            self.send(control)

    def send(self, control: socket.socket) -> None:
        """Report now, for what cannot wait for the next second."""
        ipc.send(control, ipc.WatcherStats(self.collect_counts(), self.collect_state()))

    def collect_counts(self) -> WatcherCounts:
        """What was counted since this process began."""
        resources = {
            str(kind): ResourceCounts(status.events, status.lists, status.watches, status.drift)
            for kind, status in self._source.get_statuses().items()
        }
        return WatcherCounts(resources, self._watcher.notes.programming_latency.histograms_by_kind)

    def collect_state(self) -> WatcherState:
        """What the source, the table and the files are like now."""
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
        # A table that was never written has no serial: 0.
        serial = int.from_bytes(self._writer.get(node_format.SERIAL_KEY) or b"", "big")
        return WatcherState(
            resources,
            self._table_state.state.name,
            self._watcher.is_live,
            self._static_data.all_published.is_set(),
            serial,
            self._writer.used_bytes(),
            {name: source.problem_count for name, source in self._problem_sources.items()},
            len(self._watcher.notes.warnings.tld_namespaces),
            len(self._watcher.faults),
            tuple(itertools.islice(self._watcher.faults, MAX_FAULTY_SUBJECTS)),
            self._watcher.publish_error[:MAX_ERROR_LENGTH],
            tuple(
                str(problem)[:MAX_ERROR_LENGTH]
                for problem in itertools.islice(
                    itertools.chain.from_iterable(self._file_problems), MAX_FILE_PROBLEMS
                )
            ),
        )
