"""/metrics: all series of an overview. deploy/METRICS.md has their names, which do not change.

Names and labels are CoreDNS's where they mean the same, so that its dashboards and alerts still work; all
other names begin with `svcdns_`.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from svcdns.stats.overview import Overview
from svcdns.web.status import dns_metrics, forward_metrics, process_metrics, prometheus, source_metrics
from svcdns.web.status.series import Series


def sections(overview: Overview, is_ready: bool) -> Mapping[str, Sequence[Series]]:
    """All series, under the headings that deploy/METRICS.md has."""
    return {
        "Queries and answers": list(dns_metrics.all_series(overview)),
        "Names outside the cluster": list(forward_metrics.all_series(overview)),
        "The source and the table": list(source_metrics.all_series(overview)),
        "The server": list(process_metrics.all_series(overview, is_ready)),
    }


def render(overview: Overview, is_ready: bool) -> bytes:
    """The page; its type is `prometheus.CONTENT_TYPE`."""
    return prometheus.render(chain.from_iterable(sections(overview, is_ready).values()))
