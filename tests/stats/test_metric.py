"""Which metrics the fields of a struct define, and what type each is."""

from typing import Annotated

import pytest
from msgspec import Struct

from svcdns.stats.metric import Metric, MetricType, metrics_of
from svcdns.stats.worker_counters import TrafficCounts, WorkerCounts

OLD = Metric("coredns_old_total", "The old name.")
NEW = Metric("svcdns_new_total", "The new name.", "to")


class Counts(Struct):
    shown_twice: Annotated[int, OLD, "a note", NEW] = 0
    not_shown: int = 0
    annotated_otherwise: Annotated[int, "a note"] = 0
    may_be_missing: Annotated[float | None, Metric("svcdns_age_seconds", "An age.")] = None


def test_fields_in_their_order() -> None:
    assert metrics_of(Counts) == (
        ("shown_twice", OLD),
        ("shown_twice", NEW),
        ("may_be_missing", Metric("svcdns_age_seconds", "An age.")),
    )


def test_msgspec_takes_such_a_field_for_its_type() -> None:
    assert Counts(3).shown_twice == 3


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Metric("svcdns_replies_total", "."), "counter"),
        (Metric("svcdns_table_bytes", "."), "gauge"),
        (Metric("svcdns_reply_bytes", ".", buckets=(1, 2)), "histogram"),
    ],
)
def test_types(metric: Metric, expected: MetricType) -> None:
    assert metric.type == expected


@pytest.mark.parametrize(
    "counts", [TrafficCounts(), WorkerCounts()], ids=lambda counts: type(counts).__name__
)
def test_an_empty_histogram_has_the_buckets_of_its_metric(counts: Struct) -> None:
    sizes = {
        len(getattr(counts, field_name).counts) - len(metric.buckets)
        for field_name, metric in metrics_of(type(counts))
        if metric.buckets
    }
    assert sizes == {1}  # the last bucket has no bound
