"""The definition of a metric: its name and help text, written where its number is counted.

A field of counts or of a state names the metrics that show it:

    slow_path_queries: Annotated[int, Metric("svcdns_dns_slow_path_total", "Queries that ...")] = 0

`web.status` reads these annotations, so such a field needs no other line to reach /metrics, and the
tables of deploy/METRICS.md are made from them.
"""

import functools
import typing
from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from svcdns.stats.histogram import Buckets

MetricType: TypeAlias = Literal["counter", "gauge", "histogram"]


class Metric(Struct, frozen=True):
    """One metric, as Prometheus and deploy/METRICS.md show it."""

    name: str
    """A name of CoreDNS if the metric means the same there, otherwise one that begins with `svcdns_`."""
    help: str
    """One sentence, which ends with a full stop."""
    labels: str = ""
    """The names of the labels, separated by spaces. If the number is a dict, its keys are the last label."""
    buckets: Buckets = ()
    """The upper bounds of a histogram; empty for counters and gauges."""

    @property
    def type(self) -> MetricType:
        """What Prometheus may do with the numbers."""
        if self.buckets:
            return "histogram"
        # Prometheus' own rule for names, so a type need not be written beside each.
        return "counter" if self.name.endswith("_total") else "gauge"


# `get_type_hints` evaluates each annotation anew, and every scrape comes here.
@functools.cache
def metrics_of(struct_type: type[Struct]) -> tuple[tuple[str, Metric], ...]:
    """The names of a struct's fields with the metrics that show them, in the order of the fields."""
    return tuple(_annotated_fields(struct_type))


def _annotated_fields(struct_type: type[Struct]) -> Iterator[tuple[str, Metric]]:
    # `include_extras` keeps what stands in Annotated beside the type itself.
    for field_name, hint in typing.get_type_hints(struct_type, include_extras=True).items():
        for annotation in getattr(hint, "__metadata__", ()):
            if isinstance(annotation, Metric):
                yield field_name, annotation
