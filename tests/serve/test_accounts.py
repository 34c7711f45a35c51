"""What children tell is added up over all that there are and were; what they are, only while they live."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.serve.accounts import Accounts
from svcdns.serve.channel import Counted, Watched
from svcdns.stats.numbers import (
    Asked,
    Outside,
    Resource,
    ResourceCounts,
    Top,
    WatcherCounts,
    WatcherState,
    WorkerCounts,
    WorkerState,
)

STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50) | st.none()))


@given(STEPS)
def test_no_count_is_lost_or_goes_back(steps: list[tuple[int, int | None]]) -> None:
    """Each child counts on, or ends (None), and another begins with 0 in its place."""
    accounts, now, total = Accounts(), dict.fromkeys(range(4), 0), 0
    for child, more in steps:
        if more is None:
            accounts.ended(child)
            now[child] = 0
        else:
            now[child] += more
            total += more
            accounts.told(child, Counted(WorkerCounts(slow=now[child]), WorkerState(), Top()), 1.0)
        assert accounts.counts().slow == total


def test_a_watcher() -> None:
    accounts = Accounts()
    state = WatcherState({"Service": Resource(3)}, "FRESH", True, True, 1, 2, {})
    accounts.told("w", Watched(WatcherCounts({"Service": ResourceCounts(events=2)}), state), 5.0)
    assert accounts.heard("w") == 5.0
    accounts.ended("w")
    accounts.told("v", Watched(WatcherCounts({"Service": ResourceCounts(events=1)}), state), 6.0)
    assert accounts.watched().resources["Service"].events == 3
    assert accounts.heard("w") == float("-inf")


@given(st.lists(st.sampled_from(["asked", "gone", "back", "dies"])))
def test_an_upstream_that_comes_and_goes(steps: list[str]) -> None:
    """As a resolv.conf names it or not; one that comes back is counted from 0."""
    accounts, now, total = Accounts(), 0, 0
    for step in steps:
        now, total = (now + 1, total + 1) if step == "asked" else (0, total)
        if step == "dies":
            accounts.ended("w")
        upstreams = {} if step == "gone" else {". 192.0.2.1:53": Asked(unanswered=now)}
        counts = WorkerCounts(outside=Outside(upstreams=upstreams))
        if step == "back":  # it had to be gone
            accounts.told("w", Counted(WorkerCounts(), WorkerState(), Top()), 1.0)
        accounts.told("w", Counted(counts, WorkerState(), Top()), 1.0)
        found = accounts.counts().outside.upstreams
        assert sum(asked.unanswered for asked in found.values()) == total


def test_states_and_lists_are_of_the_living() -> None:
    accounts = Accounts()
    assert accounts.top() == Top() and accounts.states() == ()
    for child, times in (("a", 5), ("b", 2)):
        top = Top(9.0, 64, [("10.0.0.1", times), (child, 1)], [], [])
        accounts.told(child, Counted(WorkerCounts(), WorkerState(connections=times), top), 1.0)
    assert sum(state.connections for state in accounts.states()) == 7
    assert accounts.top() == Top(9.0, 64, [("10.0.0.1", 7), ("a", 1), ("b", 1)], [], [])
    accounts.ended("a")
    assert accounts.top().clients == [("10.0.0.1", 2), ("b", 1)]
