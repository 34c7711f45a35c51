"""/metrics of any overview is what Prometheus reads, with the numbers that were put in."""

import string

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from svcdns.stats.histogram import SIZE_BUCKETS, TIME_BUCKETS, Histogram
from svcdns.stats.overview import Overview
from svcdns.stats.watcher_counters import ResourceState
from svcdns.stats.worker_counters import (
    ForwardStats,
    TrafficCounts,
    UpstreamCounts,
    UpstreamState,
    WorkerCounts,
    WorkerState,
)
from svcdns.web.status import metrics_page
from tests.scraping import Scrape
from tests.web.status import metrics_table
from tests.web.status.overviews import TABLE, but

TIMES = st.integers(0, 1 << 50)
WORDS = st.text(string.printable, min_size=1, max_size=9)
"""Also with quotes, backslashes and new lines."""
CODES = st.dictionaries(st.sampled_from(["NOERROR", "NXDOMAIN", "SERVFAIL"]), TIMES)


def histograms(bounds: tuple[float, ...]) -> st.SearchStrategy[Histogram]:
    size = len(bounds) + 1
    return st.builds(
        Histogram, st.lists(st.integers(0, 1 << 40), min_size=size, max_size=size), st.floats(0, 1e9)
    )


TRAFFIC = st.builds(
    TrafficCounts,
    st.dictionaries(WORDS, TIMES),
    TIMES,
    CODES,
    histograms(SIZE_BUCKETS),
    histograms(SIZE_BUCKETS),
    histograms(TIME_BUCKETS),
)
UPSTREAMS = st.tuples(
    st.sampled_from([".", "corp.example."]), WORDS.filter(lambda word: " " not in word)
).map(" ".join)
ASKED = st.builds(
    UpstreamCounts, st.dictionaries(st.sampled_from(["NOERROR", "other"]), histograms(TIME_BUCKETS)), TIMES
)


@st.composite
def overviews(draw: st.DrawFn) -> Overview:
    """With what comes from outside at its strangest."""
    transports = st.sampled_from(
        [f"{protocol} {family}" for protocol in ("udp", "tcp", "tls") for family in "12"]
    )
    resource = ResourceState(draw(TIMES), error=draw(WORDS), stale_since=draw(st.none() | st.floats(0, 2000)))
    upstreams = draw(st.dictionaries(UPSTREAMS, ASKED, max_size=4))
    up = UpstreamState(draw(st.booleans()), draw(st.booleans()))
    counts = WorkerCounts(
        traffic=draw(st.dictionaries(transports, TRAFFIC, max_size=6)),
        servfails_by_reason=draw(st.dictionaries(WORDS, TIMES, max_size=3)),
        forwarding=ForwardStats(
            cache_hits=5, negative_hits=2, evictions=7, negative_evictions=3, upstreams=upstreams
        ),
    )
    return but(
        worker_counts=counts,
        worker_states=(WorkerState(1, 2, 3, 1, 4, dict.fromkeys(upstreams, up)), WorkerState()),
        watcher_state=draw(st.none() | st.just(structs.replace(TABLE, resources={"Service": resource}))),
        snapshot_age_seconds=draw(st.none() | st.floats(0, 1e9)),
    )


@given(overviews(), st.booleans())
def test_any_overview(seen: Overview, ready: bool) -> None:
    scrape = Scrape(metrics_page.render(seen, ready).decode())
    assert scrape.value("svcdns_ready") == ready
    traffic = seen.worker_counts.traffic.values()
    assert scrape.value("coredns_dns_requests_total") == sum(
        sum(counts.queries_by_type.values()) for counts in traffic
    )
    assert scrape.value("coredns_dns_responses_total") == sum(
        sum(counts.replies_by_rcode.values()) for counts in traffic
    )
    duration = "coredns_dns_request_duration_seconds"
    assert scrape.value(f"{duration}_count") == sum(sum(counts.answer_seconds.counts) for counts in traffic)
    assert scrape.value(f"{duration}_bucket", le="+Inf") == scrape.value(f"{duration}_count")
    upstreams = seen.worker_counts.forwarding.upstreams
    assert scrape.value("svcdns_forward_unanswered_total") == sum(
        counts.unanswered for counts in upstreams.values()
    )
    assert scrape.labels("svcdns_forward_upstream_up", "to") == {key.partition(" ")[2] for key in upstreams}
    assert scrape.value("svcdns_tcp_connections") == 1
    for name, success, denial in (("entries", 2, 1), ("hits_total", 3, 2), ("evictions_total", 4, 3)):
        assert scrape.value(f"coredns_cache_{name}", type="success") == success
        assert scrape.value(f"coredns_cache_{name}", type="denial") == denial
    for family in scrape.families.values():
        assert family.documentation.endswith("."), family.name


def test_the_documentation_has_every_metric_as_it_is_defined() -> None:
    text = metrics_table.PAGE.read_text()
    assert text == metrics_table.with_tables(text), "run python -m tests.web.status.metrics_table"


def test_names_are_those_of_one_metric_each() -> None:
    metrics = [series.metric for part in metrics_page.sections(but(), True).values() for series in part]
    assert len({metric.name for metric in metrics}) == len(metrics)
    for metric in metrics:
        assert metric.name.startswith(("coredns_", "svcdns_", "process_"))
        assert metric.help.endswith(".")
