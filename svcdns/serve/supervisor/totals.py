"""Adds up what the server's processes count, over their restarts.

    child --WorkerStats, WatcherStats--> ProcessTotals --> status

Each process begins to count at 0. The counts of those that have ended stay in the sums, so that no
metric ever goes back.
"""

import functools
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from svcdns.serve.runtime import ipc
from svcdns.stats import sums
from svcdns.stats.watcher_counters import WatcherCounts
from svcdns.stats.worker_counters import ForwardStats, TopQueries, WorkerCounts, WorkerState

Counts = TypeVar("Counts", WorkerCounts, WatcherCounts)


class _RunningTotal(Generic[Counts]):
    """The counts of all processes of a kind, of those that run and those that have ended."""

    def __init__(self, zero: Counts) -> None:
        self._ended_counts: Counts = zero
        self._live_counts: dict[Hashable, Counts] = {}

    @property
    def sum(self) -> Counts:
        """The sum of all counts."""
        total: Counts = functools.reduce(sums.add, self._live_counts.values(), self._ended_counts)
        return total

    def update(self, child: Hashable, counts: Counts) -> Counts | None:
        """Set the counts of a running process; the ones that it had before, if any."""
        previous = self._live_counts.get(child)
        self._live_counts[child] = counts
        return previous

    def move_to_ended(self, child: Hashable) -> None:
        """The process has ended: nothing changes its counts any more."""
        # A process may end before its first report.
        if child in self._live_counts:
            self.add_ended(self._live_counts.pop(child))

    def add_ended(self, counts: Counts) -> None:
        """Add counts that no running process reports."""
        self._ended_counts = sums.add(self._ended_counts, counts)


class ProcessTotals:
    """The totals of one server.

    The keys are the children themselves: during a handover two of them have the same name.
    """

    def __init__(self) -> None:
        self._watcher_total = _RunningTotal(WatcherCounts())
        self._worker_total = _RunningTotal(WorkerCounts())
        self._worker_reports: dict[Hashable, tuple[WorkerState, TopQueries]] = {}
        self._last_seen: dict[Hashable, float] = {}

    def on_message(self, child: Hashable, message: ipc.Message, now: float) -> None:
        """A child sent a message at `now` (time.monotonic)."""
        self._last_seen[child] = now
        if isinstance(message, ipc.WorkerStats):
            previous = self._worker_total.update(child, message.counts)
            if previous is not None:
                self._worker_total.add_ended(_counts_of_removed_upstreams(previous, message.counts))
            self._worker_reports[child] = message.state, message.top
        elif isinstance(message, ipc.WatcherStats):
            self._watcher_total.update(child, message.counts)

    def on_exit(self, child: Hashable) -> None:
        """The child has ended; its counts stay."""
        # The object stays for the next process in this place, which has not been heard yet.
        self._last_seen.pop(child, None)
        self._worker_reports.pop(child, None)
        self._worker_total.move_to_ended(child)
        self._watcher_total.move_to_ended(child)

    def last_seen(self, child: Hashable) -> float:
        """When the child last sent a message (time.monotonic); minus infinity if it has sent none."""
        return self._last_seen.get(child, float("-inf"))

    def sum_worker_counts(self) -> WorkerCounts:
        """The counts of all workers."""
        return self._worker_total.sum

    def sum_watcher_counts(self) -> WatcherCounts:
        """The counts of all watchers."""
        return self._watcher_total.sum

    def list_worker_states(self) -> tuple[WorkerState, ...]:
        """The states of the running workers that have reported one."""
        return tuple(state for state, _ in self._worker_reports.values())

    def merge_top_queries(self) -> TopQueries:
        """The top lists of all workers as one."""
        tops = [top for _, top in self._worker_reports.values()]
        if not tops:
            return TopQueries()

        return TopQueries(
            # The longest: workers began at different times.
            max(top.period_seconds for top in tops),
            # The same constant in all workers.
            tops[0].sample_interval,
            _merge_top_lists(top.clients for top in tops),
            _merge_top_lists(top.names for top in tops),
            _merge_top_lists(top.failures for top in tops),
        )


def _counts_of_removed_upstreams(previous: WorkerCounts, current: WorkerCounts) -> WorkerCounts:
    """The counts of upstreams that the worker does not report any more.

    A resolv.conf may no longer name them. If they come back, the worker counts them from 0.
    """
    before = previous.forwarding.upstreams
    removed = before.keys() - current.forwarding.upstreams.keys()
    return WorkerCounts(forwarding=ForwardStats(upstreams={key: before[key] for key in removed}))


def _merge_top_lists(lists: Iterable[list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """The counts of each key added up, most frequent first."""
    counts: dict[str, int] = {}
    for top_list in lists:
        for key, count in top_list:
            counts[key] = counts.get(key, 0) + count
    return sorted(counts.items(), key=lambda item: -item[1])
