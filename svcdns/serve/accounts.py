"""What the supervisor was told by its children, added up over every restart of each."""

import functools
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from svcdns.serve import channel
from svcdns.stats import numbers
from svcdns.stats.numbers import Outside, Top, WatcherCounts, WorkerCounts, WorkerState

Counts = TypeVar("Counts", WorkerCounts, WatcherCounts)


class _Total(Generic[Counts]):
    """Of all processes of a kind that there are and were."""

    def __init__(self, nothing: Counts) -> None:
        self._before: Counts = nothing
        self._now: dict[Hashable, Counts] = {}

    @property
    def sum(self) -> Counts:
        total: Counts = functools.reduce(numbers.plus, self._now.values(), self._before)
        return total

    def told(self, child: Hashable, counts: Counts) -> Counts | None:
        """What it told before, if anything."""
        last = self._now.get(child)
        self._now[child] = counts
        return last

    def ended(self, child: Hashable) -> None:
        if child in self._now:
            self.keep(self._now.pop(child))

    def keep(self, counts: Counts) -> None:
        """Nobody tells them any more."""
        self._before = numbers.plus(self._before, counts)


class Accounts:
    """Of one server; a child is known by itself, for two may have the same name for a moment."""

    def __init__(self) -> None:
        self._watchers = _Total(WatcherCounts())
        self._workers = _Total(WorkerCounts())
        self._states: dict[Hashable, tuple[WorkerState, Top]] = {}
        self._heard: dict[Hashable, float] = {}

    def told(self, child: Hashable, message: channel.Message, now: float) -> None:
        """The child said something."""
        self._heard[child] = now
        if isinstance(message, channel.Counted):
            if last := self._workers.told(child, message.counts):
                self._workers.keep(_left_out(last, message.counts))
            self._states[child] = message.state, message.top
        elif isinstance(message, channel.Watched):
            self._watchers.told(child, message.counts)

    def ended(self, child: Hashable) -> None:
        """The child is gone; what it counted stays."""
        self._heard.pop(child, None)
        self._states.pop(child, None)
        self._workers.ended(child)
        self._watchers.ended(child)

    def heard(self, child: Hashable) -> float:
        """When it last told something; the beginning of time if it has not."""
        return self._heard.get(child, float("-inf"))

    def counts(self) -> WorkerCounts:
        """Of all workers."""
        return self._workers.sum

    def watched(self) -> WatcherCounts:
        """Of all watchers."""
        return self._watchers.sum

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


def _left_out(last: WorkerCounts, now: WorkerCounts) -> WorkerCounts:
    """What was counted of upstreams that a resolv.conf no longer names: if they come back, it is from 0."""
    before, after = last.outside.upstreams, now.outside.upstreams
    return WorkerCounts(outside=Outside(upstreams={key: before[key] for key in before.keys() - after.keys()}))


def _merged(lists: Iterable[list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """Added up, most frequent first."""
    counts: dict[str, int] = {}
    for one in lists:
        for key, times in one:
            counts[key] = counts.get(key, 0) + times
    return sorted(counts.items(), key=lambda item: -item[1])
