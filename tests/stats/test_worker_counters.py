"""What a worker reports arrives as it was sent."""

import msgspec
from hypothesis import given

from svcdns.stats.worker_counters import WorkerCounts
from tests.stats.counts import COUNTS


@given(COUNTS)
def test_through_json(counts: WorkerCounts) -> None:
    assert msgspec.json.decode(msgspec.json.encode(counts), type=WorkerCounts) == counts


@given(COUNTS)
def test_through_messagepack(counts: WorkerCounts) -> None:
    """As processes send it: see `serve.runtime.ipc`."""
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(counts), type=WorkerCounts) == counts


def test_two_workers_do_not_share_their_numbers() -> None:
    counts = WorkerCounts()
    counts.servfails_by_reason["error"] = 1
    counts.connections.opened = 1
    counts.loop_lag.observe((1.0,), 0.5)
    assert WorkerCounts() == WorkerCounts({})
    assert WorkerCounts() != counts
