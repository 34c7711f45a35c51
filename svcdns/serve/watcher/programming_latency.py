"""Measures how long it took from a change of endpoints until it was answered.

Kubernetes defines this indicator: sig-scalability slos/dns_programming_latency.md. It begins at the time
that the endpoints' controller notes on an EndpointSlice. That is another machine's clock, so a difference
of the clocks is part of the figure.
"""

from svcdns.kube.objects import Change, ReadySlice
from svcdns.kube.store import Store
from svcdns.stats import histogram
from svcdns.stats.histogram import Histogram


class ProgrammingLatency:
    """Counts the seconds of each change, by kind of Service."""

    def __init__(self) -> None:
        self.histograms_by_kind: dict[str, Histogram] = {}
        """Seconds by the kinds that CoreDNS tells apart: `cluster_ip` and `headless_with_selector`."""

    def observe(self, change: Change, store: Store, now: float) -> None:
        """Count a change that has just been written; `now` is in seconds since 1970."""
        # Only slices that a controller made have the time; those that somebody wrote by hand do not.
        if change.change_time is None or not isinstance(change.new_object, ReadySlice):
            return

        service_key = change.new_object.service_key
        service = store.services.get(service_key) if service_key else None
        if service is None:
            return

        kind = "headless_with_selector" if service.is_headless else "cluster_ip"
        seconds = self.histograms_by_kind.setdefault(
            kind, histogram.empty(histogram.PROGRAMMING_TIME_BUCKETS)
        )
        # The other machine's clock may be ahead of this one.
        seconds.observe(histogram.PROGRAMMING_TIME_BUCKETS, max(0.0, now - change.change_time))
