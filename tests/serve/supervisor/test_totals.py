"""What children tell is added up over all that there are and were; what they are, only while they live."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.serve.runtime.ipc import WatcherStats, WorkerStats
from svcdns.serve.supervisor.totals import ProcessTotals
from svcdns.stats.watcher_counters import ResourceCounts, ResourceState, WatcherCounts, WatcherState
from svcdns.stats.worker_counters import ForwardStats, TopQueries, UpstreamCounts, WorkerCounts, WorkerState

STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50) | st.none()))


@given(STEPS)
def test_no_count_is_lost_or_goes_back(steps: list[tuple[int, int | None]]) -> None:
    """Each child counts on, or ends (None), and another begins with 0 in its place."""
    accounts, now, total = ProcessTotals(), dict.fromkeys(range(4), 0), 0
    for child, increase in steps:
        if increase is None:
            accounts.on_exit(child)
            now[child] = 0
        else:
            now[child] += increase
            total += increase
            accounts.on_message(
                child,
                WorkerStats(WorkerCounts(slow_path_queries=now[child]), WorkerState(), TopQueries()),
                1.0,
            )
        assert accounts.sum_worker_counts().slow_path_queries == total


def test_a_watcher() -> None:
    accounts = ProcessTotals()
    state = WatcherState({"Service": ResourceState(3)}, "FRESH", True, True, 1, 2, {})
    accounts.on_message("w", WatcherStats(WatcherCounts({"Service": ResourceCounts(events=2)}), state), 5.0)
    assert accounts.last_seen("w") == 5.0
    accounts.on_exit("w")
    accounts.on_message("v", WatcherStats(WatcherCounts({"Service": ResourceCounts(events=1)}), state), 6.0)
    assert accounts.sum_watcher_counts().resources["Service"].events == 3
    assert accounts.last_seen("w") == float("-inf")


@given(st.lists(st.sampled_from(["asked", "gone", "back", "dies"])))
def test_an_upstream_that_comes_and_goes(steps: list[str]) -> None:
    """As a resolv.conf names it or not; one that comes back is counted from 0."""
    accounts, now, total = ProcessTotals(), 0, 0
    for step in steps:
        now, total = (now + 1, total + 1) if step == "asked" else (0, total)
        if step == "dies":
            accounts.on_exit("w")
        upstreams = {} if step == "gone" else {". 192.0.2.1:53": UpstreamCounts(unanswered=now)}
        counts = WorkerCounts(forwarding=ForwardStats(upstreams=upstreams))
        if step == "back":  # it had to be gone
            accounts.on_message("w", WorkerStats(WorkerCounts(), WorkerState(), TopQueries()), 1.0)
        accounts.on_message("w", WorkerStats(counts, WorkerState(), TopQueries()), 1.0)
        found = accounts.sum_worker_counts().forwarding.upstreams
        assert sum(upstream_counts.unanswered for upstream_counts in found.values()) == total


def test_states_and_lists_are_of_the_living() -> None:
    accounts = ProcessTotals()
    assert accounts.merge_top_queries() == TopQueries() and accounts.list_worker_states() == ()
    for child, times in (("a", 5), ("b", 2)):
        top = TopQueries(9.0, 64, [("10.0.0.1", times), (child, 1)], [], [])
        accounts.on_message(child, WorkerStats(WorkerCounts(), WorkerState(connections=times), top), 1.0)
    assert sum(state.connections for state in accounts.list_worker_states()) == 7
    assert accounts.merge_top_queries() == TopQueries(9.0, 64, [("10.0.0.1", 7), ("a", 1), ("b", 1)], [], [])
    accounts.on_exit("a")
    assert accounts.merge_top_queries().clients == [("10.0.0.1", 2), ("b", 1)]
