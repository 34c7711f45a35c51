"""From measurements to medians, ratios, verdicts, tables and charts."""

import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from benchmarks import figures, report, results
from benchmarks.measure import Cell
from benchmarks.report import charts, tables, targets
from benchmarks.report.targets import TargetResult
from benchmarks.results import Micro, Peers, Scale, Timing
from tests.benchmarks import sample_results

MIX = Cell("mix")


def test_ratios_are_taken_within_a_round() -> None:
    run = figures.Figures(sample_results.peers().measurements)
    assert run.compute_median(MIX, "svcdns", figures.cpu_per_query) == 6.0
    assert run.compute_ratio(MIX, "svcdns", figures.cpu_per_query) == pytest.approx(1.1)
    assert run.compute_ratio(MIX, "knot", figures.cpu_per_query) is None
    assert run.count_lost(Cell("forwarded"), "svcdns") == 3


def test_the_median_of_percentiles() -> None:
    assert figures.percentile_milliseconds([[1.0, 2000.0], [3000.0], [4000.0], []], 0.99) == 3.0
    assert figures.percentile_milliseconds([[]], 0.5) is None


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (TargetResult("a", 1.15, "x NSD", 1.154), ["a", "at most 1.15 x NSD", "1.15 x NSD", "met"]),
        (TargetResult("b", 256, "MB", 300.2), ["b", "at most 256 MB", "300 MB", "**MISSED**"]),
        (TargetResult("c", 1.8, "x", 1.7, is_minimum=True), ["c", "at least 1.80 x", "1.70 x", "**MISSED**"]),
        (TargetResult("d", 8, "us", None), ["d", "at most 8.00 us", "-", "not run"]),
    ],
)
def test_verdicts(verdict: TargetResult, expected: list[str]) -> None:
    assert verdict.table_row == expected


def test_targets_beside_the_peers() -> None:
    result = {
        verdict.title: verdict.table_row[-1] for verdict in targets.peer_targets(sample_results.peers())
    }
    assert result["CPU per query, the mix"] == "**MISSED**"
    assert result["CPU per query, A, forwarded and cached"] == "met"
    assert result["CPU per query, the mix, TCP kept"] == "not run"
    assert result["p99 of the mix at 3,000/s"] == "met"


def test_targets_of_growth() -> None:
    result = {
        verdict.title: verdict.table_row[-1] for verdict in targets.scale_targets(sample_results.scale())
    }
    assert result == {
        "cold start, 10,000 Services": "met",
        "warm start, 10,000 Services": "met",
        "event to answer, p99, idle, 10,000 Services": "met",
        "event to answer, p99, at 20,000/s, 10,000 Services": "**MISSED**",
        "memory with two workers, 10,000 Services": "met",
        "CPU per query, 10,000 Services to 100": "**MISSED**",
        "queries a second, two workers to one": "not run",
    }


def test_table() -> None:
    assert tables.format_markdown(["", "NSD"], [["the mix", "5.5"], ["A", "15.25"]]).splitlines() == [
        "|         |   NSD |",
        "|:--------|------:|",
        "| the mix |   5.5 |",
        "| A       | 15.25 |",
    ]


def test_each_run_keeps_the_parts_of_the_others(tmp_path: Path) -> None:
    for run in (
        sample_results.peers(),
        sample_results.scale(),
        Micro(sample_results.HERE, [Timing("respond", 1.5, 0.1)]),
    ):
        results.save(run, tmp_path / "results")
        report.write(tmp_path)

    text = (tmp_path / "RESULTS.md").read_text()

    assert [line for line in text.splitlines() if line.startswith(("# ", "## "))] == [
        "# Results",
        "## Beside the peers",
        "## As the cluster and the workers grow",
        "## Pure functions",
    ]
    assert "not measured: Knot, not installed (Debian: knot)" in text
    assert "not run: cores are missing" in text
    assert results.load(tmp_path / "results", Peers) == sample_results.peers()
    assert results.load(tmp_path / "results", Scale) == sample_results.scale()


def test_charts_are_the_same_bytes_for_the_same_figures(tmp_path: Path) -> None:
    drawn = []
    for _ in range(2):
        shutil.rmtree(tmp_path / "charts", ignore_errors=True)
        (tmp_path / "charts").mkdir()
        charts.peers(sample_results.peers(), tmp_path / "charts" / "peers.svg")
        charts.scale(sample_results.scale(), tmp_path / "charts" / "scale.svg")
        drawn.append({path.name: path.read_text() for path in (tmp_path / "charts").iterdir()})

    assert drawn[0] == drawn[1]
    for text in drawn[0].values():
        assert ElementTree.fromstring(text).tag.endswith("svg")
        assert "<dc:date>" not in text
        assert len(text) < 60_000
