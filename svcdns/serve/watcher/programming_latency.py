"""How long it took from a change of endpoints until it was answered: an indicator that Kubernetes defines.

Source: sig-scalability slos/dns_programming_latency.md. The start is the time that the endpoints'
controller notes on an EndpointSlice; another machine's clock, so a difference of clocks is a part of it.
"""

from collections.abc import Iterable

from svcdns.kube.objects import Change, ReadySlice
from svcdns.kube.store import Store
from svcdns.stats import histogram
from svcdns.stats.histogram import Histogram


class ProgrammingLatency:
    """Seconds by kind of Service, as CoreDNS tells them apart."""

    def __init__(self) -> None:
        self.histograms_by_kind: dict[str, Histogram] = {}

    def observe(self, changes: Iterable[Change], store: Store, now: float) -> None:
        """These changes have just been written; `now` in seconds since 1970."""
        for change in changes:
            if change.change_time is not None and isinstance(change.new_object, ReadySlice):
                owner = change.new_object.service_key
                service = store.services.get(owner) if owner else None
                if service is not None:
                    kind = "headless_with_selector" if service.is_headless else "cluster_ip"
                    made = self.histograms_by_kind.setdefault(
                        kind, histogram.empty(histogram.PROGRAMMING_TIME_BUCKETS)
                    )
                    made.observe(histogram.PROGRAMMING_TIME_BUCKETS, max(0.0, now - change.change_time))
