"""The part of the report about the pure functions."""

from benchmarks.report import sections, tables
from benchmarks.results import Micro


def text(run: Micro) -> str:
    """The whole part, as Markdown."""
    rows = [[timing.title, f"{timing.mean:,.2f}", f"{timing.deviation:,.2f}"] for timing in run.timings]
    body = tables.format_markdown(["", "mean", "deviation"], rows)
    return sections.format_part(
        "Pure functions", sections.run_lines(run.here), [("Microseconds of a call", "", body)]
    )
