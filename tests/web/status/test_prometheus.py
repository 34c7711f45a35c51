"""Series in Prometheus' text format, byte for byte."""

from svcdns.stats.histogram import Histogram
from svcdns.stats.metric import Metric
from svcdns.web.status import prometheus
from svcdns.web.status.series import Series


def lines(series: Series) -> list[str]:
    return prometheus.render([series]).decode().splitlines()


def test_a_counter() -> None:
    metric = Metric("svcdns_replies_total", "Replies.", "rcode")
    assert lines(Series(metric, [({"rcode": 'a"b'}, 3)])) == [
        "# HELP svcdns_replies_total Replies.",
        "# TYPE svcdns_replies_total counter",
        r'svcdns_replies_total{rcode="a\"b"} 3.0',
    ]


def test_a_gauge() -> None:
    assert lines(Series(Metric("svcdns_ready", "Ready."), [({}, True)])) == [
        "# HELP svcdns_ready Ready.",
        "# TYPE svcdns_ready gauge",
        "svcdns_ready 1.0",
    ]


def test_a_histogram_is_cumulative() -> None:
    metric = Metric("svcdns_seconds", "Seconds.", "to", (0.5, 1.0))
    assert lines(Series(metric, [({"to": "a"}, Histogram([1, 0, 2], 7.5))])) == [
        "# HELP svcdns_seconds Seconds.",
        "# TYPE svcdns_seconds histogram",
        'svcdns_seconds_bucket{le="0.5",to="a"} 1.0',
        'svcdns_seconds_bucket{le="1.0",to="a"} 1.0',
        'svcdns_seconds_bucket{le="+Inf",to="a"} 3.0',
        'svcdns_seconds_count{to="a"} 3.0',
        'svcdns_seconds_sum{to="a"} 7.5',
    ]


def test_without_samples_the_metric_is_named() -> None:
    assert lines(Series(Metric("svcdns_ready", "Ready."), [])) == [
        "# HELP svcdns_ready Ready.",
        "# TYPE svcdns_ready gauge",
    ]
