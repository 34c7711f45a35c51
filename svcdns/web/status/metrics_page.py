"""/metrics: an overview as Prometheus reads it. deploy/METRICS.md has all names, which do not change.

Names and labels are CoreDNS's where they mean the same, so that its dashboards and alerts go on; what
it has no name for begins with `svcdns_`.
"""

import platform
from collections.abc import Iterator

from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

import svcdns
from svcdns.stats.overview import Overview
from svcdns.web.status import dns_metrics, forward_metrics, server_metrics
from svcdns.web.status.prometheus import gauge

CONTENT_TYPE = CONTENT_TYPE_LATEST


class _OverviewCollector:
    """prometheus_client's registry, for one moment."""

    def __init__(self, overview: Overview, is_ready: bool) -> None:
        self._overview = overview
        self._is_ready = is_ready

    def collect(self) -> Iterator[Metric]:
        """All families."""
        python = f"python{platform.python_version()}"
        version = svcdns.__version__
        yield gauge(
            "coredns_build_info",
            "The program that answers in CoreDNS's place, and its version.",
            [({"version": f"svcdns-{version}", "revision": "", "goversion": python}, 1)],
        )
        yield gauge(
            "svcdns_build_info",
            "Versions of svcdns and Python.",
            [({"version": version, "python": python}, 1)],
        )
        yield gauge("svcdns_ready", "1 where /ready says yes.", [({}, self._is_ready)])
        yield from dns_metrics.metric_families(self._overview)
        yield from forward_metrics.metric_families(self._overview)
        yield from server_metrics.metric_families(self._overview)


def render(overview: Overview, is_ready: bool) -> bytes:
    """All of it (CONTENT_TYPE)."""
    return generate_latest(_OverviewCollector(overview, is_ready))
