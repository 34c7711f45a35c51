"""Metrics with their numbers, before they are anything of Prometheus: what `..._metrics` yield.

A sample has all labels that are known of it; the metric picks those that it shows. Samples that then have
the same labels are added up, so `proto` and `family` need to be known in one place only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from svcdns.stats import sums
from svcdns.stats.histogram import Histogram
from svcdns.stats.metric import Metric, metrics_of

Labels: TypeAlias = dict[str, str]
Number: TypeAlias = float | Histogram
Value: TypeAlias = Number | Mapping[str, float] | Mapping[str, Histogram] | None
"""A number; or numbers by the value of the metric's last label; or None where there is no number."""


class Series(Struct, frozen=True):
    """A metric with its samples: each a set of labels and a number."""

    metric: Metric
    samples: list[tuple[Labels, Number]]


def make_series(metric: Metric, samples: Iterable[tuple[Labels, Value]]) -> Series:
    """The series of a metric; raises KeyError if a sample lacks one of the metric's labels."""
    totals: dict[tuple[str, ...], Any] = {}
    for labels, value in samples:
        for values, number in _numbers(metric, labels, value):
            # `sums.add` makes new objects: a histogram in the overview is never changed.
            totals[values] = sums.add(totals[values], number) if values in totals else number

    names = metric.labels.split()
    return Series(
        metric, [(dict(zip(names, values, strict=True)), total) for values, total in totals.items()]
    )


def _numbers(metric: Metric, labels: Labels, value: Value) -> Iterator[tuple[tuple[str, ...], Number]]:
    """The numbers of one sample, with the values of the metric's labels in their order."""
    names = metric.labels.split()
    if value is None:
        return

    if isinstance(value, Mapping):
        # The keys of a dict are the values of the last label.
        shared = tuple(labels[name] for name in names[:-1])
        for key, number in value.items():
            yield (*shared, key), number
    else:
        yield tuple(labels[name] for name in names), value


def series_of_fields(struct_type: type[Struct], samples: Sequence[tuple[Labels, Struct]]) -> Iterator[Series]:
    """A series for each metric that the fields of these structs define."""
    for field_name, metric in metrics_of(struct_type):
        yield make_series(metric, ((labels, getattr(struct, field_name)) for labels, struct in samples))
