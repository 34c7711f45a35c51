"""The tables of deploy/METRICS.md, from the definitions of the metrics.

`python -m tests.web.status.metrics_table` writes them; a test fails while they are others.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from svcdns.stats.metric import Metric
from svcdns.web.status import metrics_page
from tests.web.status.overviews import WELL

PAGE = Path(__file__).parents[3] / "deploy" / "METRICS.md"

_HEAD = "| name | type | labels | is |\n|---|---|---|---|\n"
_TABLE = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)*")


def table(metrics: Iterable[Metric]) -> str:
    """A row for each metric."""
    rows = (
        f"| `{metric.name}` | {metric.type} | {metric.labels} | {metric.help.removesuffix('.')} |\n"
        for metric in metrics
    )
    return _HEAD + "".join(rows)


def with_tables(text: str) -> str:
    """The page with the tables that it should have; raises ValueError if a section is missing."""
    for heading, all_series in metrics_page.sections(WELL, True).items():
        before, separator, section = text.partition(f"\n## {heading}\n\n")
        if not separator:
            raise ValueError(f"{PAGE} has no section {heading!r}: write it, with the head of a table")

        outdated = _TABLE.search(section)
        if outdated is None:
            raise ValueError(f"{PAGE}: section {heading!r} has no table: write its head")
        current = table(series.metric for series in all_series)
        text = before + separator + section[: outdated.start()] + current + section[outdated.end() :]
    return text


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
