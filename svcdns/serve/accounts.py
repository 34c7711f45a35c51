"""What the supervisor was told by its children, added up over every restart of each."""

import functools
from collections.abc import Iterable
from typing import Generic, TypeVar

from svcdns.serve import channel
from svcdns.stats import numbers
from svcdns.stats.numbers import Top, WatcherCounts, WatcherState, WorkerCounts, WorkerState

Counts = TypeVar("Counts", WorkerCounts, WatcherCounts)


class _Place(Generic[Counts]):
    """The processes that lived in one place, one after the other."""

    def __init__(self, nothing: Counts) -> None:
        self._nothing: Counts = nothing
        self._before: Counts = nothing
        self._now: Counts = nothing

    @property
    def total(self) -> Counts:
        total: Counts = numbers.plus(self._before, self._now)
        return total

    def told(self, counts: Counts) -> None:
        self._now = counts

    def ended(self) -> None:
        """The next one begins with 0."""
        self._before, self._now = self.total, self._nothing


class Accounts:
    """Of one server."""

    def __init__(self) -> None:
        self.table: WatcherState | None = None
        self._watcher = _Place(WatcherCounts())
        self._workers: dict[str, _Place[WorkerCounts]] = {}
        self._states: dict[str, tuple[WorkerState, Top]] = {}
        self._heard: dict[str, float] = {}

    def told(self, name: str, message: channel.Message, now: float) -> None:
        """The process in this place said something."""
        self._heard[name] = now
        if isinstance(message, channel.Counted):
            self._workers.setdefault(name, _Place(WorkerCounts())).told(message.counts)
            self._states[name] = message.state, message.top
        elif isinstance(message, channel.Watched):
            self._watcher.told(message.counts)
            self.table = message.state

    def ended(self, name: str) -> None:
        """The process in this place is gone; what it counted stays."""
        self._states.pop(name, None)
        place = self._workers.get(name)
        if place is not None:
            place.ended()
        elif name == channel.WATCHER:
            self._watcher.ended()

    def heard(self, name: str) -> float:
        """When a process in this place last told something; the beginning of time if none has."""
        return self._heard.get(name, float("-inf"))

    def counts(self) -> WorkerCounts:
        """Of all workers that there are and were."""
        return functools.reduce(
            numbers.plus, (place.total for place in self._workers.values()), WorkerCounts()
        )

    def watched(self) -> WatcherCounts:
        """Of all watchers."""
        return self._watcher.total

    def states(self) -> tuple[WorkerState, ...]:
        """Of the workers that live and have told it."""
        return tuple(state for state, _ in self._states.values())

    def top(self) -> Top:
        """The lists of all workers as one."""
        tops = [top for _, top in self._states.values()]
        if not tops:
            return Top()
        return Top(
            max(top.seconds for top in tops),
            tops[0].every,
            _merged(top.clients for top in tops),
            _merged(top.names for top in tops),
            _merged(top.failures for top in tops),
        )


def _merged(lists: Iterable[list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """Added up, most frequent first."""
    counts: dict[str, int] = {}
    for one in lists:
        for key, times in one:
            counts[key] = counts.get(key, 0) + times
    return sorted(counts.items(), key=lambda item: -item[1])
