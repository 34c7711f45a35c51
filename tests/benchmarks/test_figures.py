"""From what dnsperf prints to a ratio in a table."""

import pytest

from benchmarks import figures, load, tables
from benchmarks.measure import Cell, Measurement
from benchmarks.processes import CpuTime
from benchmarks.queries import WORKLOADS

PRINTED = """\
[Status] Sending queries (to 127.0.0.1:53)
> NOERROR a.example A 0.000250
> NXDOMAIN b.example AAAA 0.000100
> T c.example A
[Timeout] Query timed out: msg id 3
Statistics:

  Queries sent:         3
  Queries completed:    2 (66.67%)
  Queries lost:         1 (33.33%)

  Run time (s):         0.500000
"""

MIX = Cell(WORKLOADS[0])


def test_parse() -> None:
    assert load.parse(PRINTED) == load.Load(3, 2, 1, 0.5, (0.0001, 0.00025))


def test_parse_names_what_is_missing() -> None:
    with pytest.raises(load.LoadError, match="completed, lost, seconds"):
        load.parse("  Queries sent: 3\n")


@pytest.mark.parametrize(("part", "wanted"), [(0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_percentile(part: float, wanted: float) -> None:
    seen = load.Load(100, 100, 0, 1.0, tuple(map(float, range(1, 101))))
    assert seen.percentile(part) == wanted


def measurement(server: str, turn: int, microseconds: float) -> Measurement:
    cpu = CpuTime(total=1000 * microseconds, user=0, system=0)
    return Measurement(MIX, server, turn, load.Load(1000, 1000, 0, 1.0), cpu)


def test_ratios_are_taken_within_a_round() -> None:
    costs = {"nsd": (5.0, 10.0, 5.0), "svcdns": (6.0, 11.0, 5.5)}
    run = figures.Figures(
        [measurement(name, turn, c) for name, all_ in costs.items() for turn, c in enumerate(all_)]
    )
    assert run.median(MIX, "svcdns", figures.cost) == 6.0
    assert run.ratio(MIX, "svcdns", figures.cost) == pytest.approx(1.1)
    assert run.ratio(MIX, "knot", figures.cost) is None


def test_table() -> None:
    assert tables.table(["", "NSD"], [["the mix", "5.5"], ["A", "15.25"]]).splitlines() == [
        "|         |   NSD |",
        "|:--------|------:|",
        "| the mix |   5.5 |",
        "| A       | 15.25 |",
    ]
