"""The lists of /debug/top: estimates of all queries, from those in the sample."""

from svcdns.stats.worker_counters import TopQueries
from svcdns.web.status import top_lists
from svcdns.web.status.top_lists import TopEntry


def test_before_anybody_asked() -> None:
    text = top_lists.render(top_lists.make_lists(TopQueries()))
    assert text.startswith("One query in 1 is looked at; estimates of")


def test_what_was_in_the_sample_stands_for_all() -> None:
    top = TopQueries(
        period_seconds=10.0, sample_interval=64, clients=[("2001:db8::1", 5)], names=[("web.test. A", 3)]
    )
    lists = top_lists.make_lists(top)
    assert lists.clients == [TopEntry("2001:db8::1", 320, 32.0)]
    assert top_lists.render(lists).splitlines()[2:7] == [
        "CLIENT          QUERIES  PER SECOND",
        "2001:db8::1         320        32.0",
        "",
        "NAME            QUERIES  PER SECOND",
        "web.test. A         192        19.2",
    ]


def test_a_young_server_shows_no_rate_that_it_never_had() -> None:
    top = TopQueries(period_seconds=0.01, names=[("web.test. A", 3)])
    assert top_lists.make_lists(top).names == [TopEntry("web.test. A", 3, 3.0)]
