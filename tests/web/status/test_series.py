"""Samples get the labels that their metric shows, and those with the same labels are added up."""

from typing import Annotated

import pytest
from msgspec import Struct

from svcdns.stats.histogram import Histogram
from svcdns.stats.metric import Metric
from svcdns.web.status.series import Labels, make_series, series_of_fields

UDP: Labels = {"proto": "udp", "family": "1"}
UDP6: Labels = {"proto": "udp", "family": "2"}
TCP: Labels = {"proto": "tcp", "family": "1"}


def test_labels_that_are_not_shown_are_added_up() -> None:
    series = make_series(Metric("svcdns_x_total", ".", "proto"), [(UDP, 1), (TCP, 2), (UDP6, 4)])
    assert series.samples == [({"proto": "udp"}, 5), ({"proto": "tcp"}, 2)]
    assert make_series(Metric("svcdns_x_total", "."), [(UDP, 1), (TCP, 2)]).samples == [({}, 3)]


def test_the_keys_of_a_dict_are_the_last_label() -> None:
    metric = Metric("svcdns_x_total", ".", "proto type")
    series = make_series(metric, [(UDP, {"A": 1, "AAAA": 2}), (UDP6, {"A": 4})])
    assert series.samples == [
        ({"proto": "udp", "type": "A"}, 5),
        ({"proto": "udp", "type": "AAAA"}, 2),
    ]


def test_histograms_are_added_up_and_left_as_they_were() -> None:
    first, second = Histogram([1, 0], 0.5), Histogram([0, 2], 8.0)
    metric = Metric("svcdns_x_seconds", ".", "proto", (1.0,))
    assert make_series(metric, [(UDP, first), (UDP6, second)]).samples == [
        ({"proto": "udp"}, Histogram([1, 2], 8.5))
    ]
    assert first == Histogram([1, 0], 0.5)


def test_none_is_no_sample() -> None:
    assert make_series(Metric("svcdns_age_seconds", "."), [({}, None)]).samples == []


def test_a_label_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError, match="zone"):
        make_series(Metric("svcdns_x_total", ".", "zone"), [(UDP, 1)])


class Counts(Struct):
    shown: Annotated[int, Metric("svcdns_x_total", ".", "proto")]
    not_shown: int = 9


def test_fields_with_a_metric() -> None:
    (series,) = series_of_fields(Counts, [(UDP, Counts(1)), (TCP, Counts(2))])
    assert series.metric.name == "svcdns_x_total"
    assert series.samples == [({"proto": "udp"}, 1), ({"proto": "tcp"}, 2)]
