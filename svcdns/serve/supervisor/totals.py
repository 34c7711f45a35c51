"""What the supervisor was told by its children, added up over every restart of each."""

import functools
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from svcdns.serve.runtime import ipc
from svcdns.stats import sums
from svcdns.stats.watcher_counters import WatcherCounts
from svcdns.stats.worker_counters import ForwardStats, TopQueries, WorkerCounts, WorkerState

Counts = TypeVar("Counts", WorkerCounts, WatcherCounts)


class _RunningTotal(Generic[Counts]):
    """Of all processes of a kind that there are and were."""

    def __init__(self, zero: Counts) -> None:
        self._ended_counts: Counts = zero
        self._live_counts: dict[Hashable, Counts] = {}

    @property
    def sum(self) -> Counts:
        total: Counts = functools.reduce(sums.add, self._live_counts.values(), self._ended_counts)
        return total

    def update(self, child: Hashable, counts: Counts) -> Counts | None:
        """What it told before, if anything."""
        last = self._live_counts.get(child)
        self._live_counts[child] = counts
        return last

    def move_to_ended(self, child: Hashable) -> None:
        if child in self._live_counts:
            self.add_ended(self._live_counts.pop(child))

    def add_ended(self, counts: Counts) -> None:
        """Nobody tells them any more."""
        self._ended_counts = sums.add(self._ended_counts, counts)


class ProcessTotals:
    """Of one server; a child is known by itself, for two may have the same name for a moment."""

    def __init__(self) -> None:
        self._watcher_total = _RunningTotal(WatcherCounts())
        self._worker_total = _RunningTotal(WorkerCounts())
        self._worker_reports: dict[Hashable, tuple[WorkerState, TopQueries]] = {}
        self._last_seen: dict[Hashable, float] = {}

    def on_message(self, child: Hashable, message: ipc.Message, now: float) -> None:
        """The child said something."""
        self._last_seen[child] = now
        if isinstance(message, ipc.WorkerStats):
            if last := self._worker_total.update(child, message.counts):
                self._worker_total.add_ended(_counts_of_removed_upstreams(last, message.counts))
            self._worker_reports[child] = message.state, message.top
        elif isinstance(message, ipc.WatcherStats):
            self._watcher_total.update(child, message.counts)

    def on_exit(self, child: Hashable) -> None:
        """The child is gone; what it counted stays."""
        self._last_seen.pop(child, None)
        self._worker_reports.pop(child, None)
        self._worker_total.move_to_ended(child)
        self._watcher_total.move_to_ended(child)

    def last_seen(self, child: Hashable) -> float:
        """When it last told something; the beginning of time if it has not."""
        return self._last_seen.get(child, float("-inf"))

    def sum_worker_counts(self) -> WorkerCounts:
        """Of all workers."""
        return self._worker_total.sum

    def sum_watcher_counts(self) -> WatcherCounts:
        """Of all watchers."""
        return self._watcher_total.sum

    def list_worker_states(self) -> tuple[WorkerState, ...]:
        """Of the workers that live and have told it."""
        return tuple(state for state, _ in self._worker_reports.values())

    def merge_top_queries(self) -> TopQueries:
        """The lists of all workers as one."""
        tops = [top for _, top in self._worker_reports.values()]
        if not tops:
            return TopQueries()
        return TopQueries(
            max(top.period_seconds for top in tops),
            tops[0].sample_interval,
            _merge_top_lists(top.clients for top in tops),
            _merge_top_lists(top.names for top in tops),
            _merge_top_lists(top.failures for top in tops),
        )


def _counts_of_removed_upstreams(previous: WorkerCounts, current: WorkerCounts) -> WorkerCounts:
    """What was counted of upstreams that a resolv.conf no longer names: if they come back, it is from 0."""
    before, after = previous.forwarding.upstreams, current.forwarding.upstreams
    return WorkerCounts(
        forwarding=ForwardStats(upstreams={key: before[key] for key in before.keys() - after.keys()})
    )


def _merge_top_lists(lists: Iterable[list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """Added up, most frequent first."""
    counts: dict[str, int] = {}
    for one in lists:
        for key, times in one:
            counts[key] = counts.get(key, 0) + times
    return sorted(counts.items(), key=lambda item: -item[1])
