"""The tables of a report: Markdown with aligned columns, so that they read well on a terminal too."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import queries
from benchmarks.figures import P50, P99, P999, REFERENCE, Figures, Metric
from benchmarks.measure import Cell


@dataclass(frozen=True, slots=True)
class Grid:
    """Tables with a column for each server; `titles` by its name."""

    figures: Figures
    titles: Mapping[str, str]

    def saturation_table(self, value: Metric, digits: int, *, has_ratio: bool = False) -> str:
        """A row for each workload at saturation."""
        cells = [cell for cell in self.figures.list_cells() if cell.rate is None]
        rows = (
            (queries.TITLES[cell.workload], self.format_row(cell, value, digits, has_ratio)) for cell in cells
        )
        return self.format_table(rows)

    def fixed_rate_table(self, rates: Sequence[int], value: Metric, *, has_ratio: bool = False) -> str:
        """A row for each fixed rate."""
        cells = [cell for cell in self.figures.list_cells() if cell.rate in rates]
        return self.format_table(
            (f"{cell.rate:,}/s", self.format_row(cell, value, 1, has_ratio)) for cell in cells
        )

    def latency_table(self, rate: int) -> str:
        """A row for each percentile at one rate."""
        cells = [cell for cell in self.figures.list_cells() if cell.rate == rate]
        parts = (("p50", P50), ("p99", P99), ("p99.9", P999))
        rows = (
            (title, self.format_row(cell, part, 0, has_ratio=True)) for cell in cells for title, part in parts
        )

        return self.format_table(rows)

    def lost_table(self) -> str:
        """A row for each cell that lost a query, and their number."""
        rows = []
        for cell in self.figures.list_cells():
            lost = [self.figures.count_lost(cell, server) for server in self.titles]
            if any(lost):
                at = f" at {cell.rate:,}/s" if cell.rate else ""
                rows.append((f"{queries.TITLES[cell.workload]}{at}", [f"{number:,}" for number in lost]))

        return self.format_table(rows) if rows else "None, in any run."

    def format_row(self, cell: Cell, value: Metric, digits: int, has_ratio: bool) -> list[str]:
        """Each server's median, where wanted with its ratio to the reference server's."""
        texts = []
        for server in self.titles:
            middle = self.figures.compute_median(cell, server, value)
            text = "-" if middle is None else f"{middle:,.{digits}f}"
            ratio = self.figures.compute_ratio(cell, server, value)
            if has_ratio and ratio is not None and server != REFERENCE:
                text += f" ({ratio:.2f})"
            texts.append(text)

        return texts

    def format_table(self, rows: Iterable[tuple[str, list[str]]]) -> str:
        """Titles on the left, a column for each server."""
        return format_markdown(["", *self.titles.values()], [[title, *row] for title, row in rows])


def format_markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        others = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return f"| {' | '.join((cells[0].ljust(widths[0]), *others))} |"

    rule = [f":{'-' * (widths[0] + 1)}", *(f"{'-' * (width + 1)}:" for width in widths[1:])]
    return "\n".join((line(head), f"|{'|'.join(rule)}|", *map(line, rows)))
