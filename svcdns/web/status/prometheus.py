"""Series in Prometheus' text format, by prometheus_client."""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.utils import floatToGoString

from svcdns.stats.histogram import Histogram
from svcdns.web.status.series import Labels, Series

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""The header Content-Type of what `render` returns."""


class _SeriesCollector:
    """What prometheus_client takes for a registry of metrics."""

    def __init__(self, all_series: Iterable[Series]) -> None:
        self._all_series = all_series

    # The name is that of prometheus_client's protocol for collectors.
    def collect(self) -> Iterator[Family]:
        """One family for each series."""
        return map(_to_family, self._all_series)


def render(all_series: Iterable[Series]) -> bytes:
    """The text of these series, each with its help and type."""
    return generate_latest(_SeriesCollector(all_series))


def _to_family(series: Series) -> Family:
    metric = series.metric
    family: Family
    match metric.type:
        case "histogram":
            family = HistogramMetricFamily(metric.name, metric.help)
        case "counter":
            family = CounterMetricFamily(metric.name, metric.help)
        case "gauge":
            family = GaugeMetricFamily(metric.name, metric.help)

    for labels, value in series.samples:
        if isinstance(value, Histogram):
            _add_histogram(family, metric.buckets, labels, value)
        else:
            family.add_sample(metric.name, labels, value)
    return family


def _add_histogram(family: Family, bounds: Iterable[float], labels: Labels, histogram: Histogram) -> None:
    # Prometheus wants each bucket to include all smaller ones.
    cumulative = list(accumulate(histogram.counts))
    texts = [*map(floatToGoString, bounds), "+Inf"]
    for text, count in zip(texts, cumulative, strict=True):
        family.add_sample(f"{family.name}_bucket", {**labels, "le": text}, count)

    family.add_sample(f"{family.name}_count", labels, cumulative[-1])
    family.add_sample(f"{family.name}_sum", labels, histogram.sum_of_values)
