"""Numbers as Prometheus' families: thin words over prometheus_client, for `exposition`."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TypeAlias, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

from svcdns.stats import counters
from svcdns.stats.histogram import Histogram

Counts = TypeVar("Counts")

Labels: TypeAlias = dict[str, str]
Sample: TypeAlias = tuple[Labels, float]


def counter(name: str, help_text: str, samples: Iterable[Sample]) -> Metric:
    """Of what only grows; `name` ends with `_total`."""
    family = CounterMetricFamily(name, help_text)
    for labels, value in samples:
        family.add_sample(name, labels, value)
    return family


def gauge(name: str, help_text: str, samples: Iterable[Sample]) -> Metric:
    """Of what is as of now."""
    family = GaugeMetricFamily(name, help_text)
    for labels, value in samples:
        family.add_sample(name, labels, value)
    return family


def histogram(
    name: str, help_text: str, bounds: Sequence[float], samples: Iterable[tuple[Labels, Histogram]]
) -> Metric:
    """Of values by size; cumulative, as Prometheus wants it."""
    family = HistogramMetricFamily(name, help_text)
    limits = [*map(floatToGoString, bounds), "+Inf"]
    for labels, seen in samples:
        counts = list(accumulate(seen.counts))
        for limit, count in zip(limits, counts, strict=True):
            family.add_sample(f"{name}_bucket", {**labels, "le": limit}, count)
        family.add_sample(f"{name}_count", labels, counts[-1])
        family.add_sample(f"{name}_sum", labels, seen.sum_of_values)
    return family


def sum_by_labels(samples: Iterable[tuple[Labels, Counts]]) -> list[tuple[Labels, Counts]]:
    """One for each set of labels."""
    groups: dict[tuple[tuple[str, str], ...], Counts] = {}
    for labels, counts in samples:
        key = tuple(labels.items())
        groups[key] = counters.add(groups[key], counts) if key in groups else counts
    return [(dict(key), counts) for key, counts in groups.items()]
