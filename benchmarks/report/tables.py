"""The tables of a report: Markdown with aligned columns, so that they read well on a terminal too."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import queries
from benchmarks.figures import P50, P99, P999, REFERENCE, Figures, Value
from benchmarks.measure import Cell


@dataclass(frozen=True, slots=True)
class Grid:
    """Tables with a column for each server; `titles` by its name."""

    figures: Figures
    titles: Mapping[str, str]

    def flat_out(self, value: Value, digits: int, *, compared: bool = False) -> str:
        """A row for each workload at saturation."""
        cells = [cell for cell in self.figures.cells() if cell.rate is None]
        rows = ((queries.TITLES[cell.workload], self.row(cell, value, digits, compared)) for cell in cells)
        return self.table(rows)

    def paced(self, rates: Sequence[int], value: Value, *, compared: bool = False) -> str:
        """A row for each fixed rate."""
        cells = [cell for cell in self.figures.cells() if cell.rate in rates]
        return self.table((f"{cell.rate:,}/s", self.row(cell, value, 1, compared)) for cell in cells)

    def latency(self, rate: int) -> str:
        """A row for each percentile at one rate."""
        cells = [cell for cell in self.figures.cells() if cell.rate == rate]
        parts = (("p50", P50), ("p99", P99), ("p99.9", P999))
        rows = ((title, self.row(cell, part, 0, compared=True)) for cell in cells for title, part in parts)
        return self.table(rows)

    def lost(self) -> str:
        """A row for each cell that lost a query, and their number."""
        rows = []
        for cell in self.figures.cells():
            lost = [self.figures.lost(cell, server) for server in self.titles]
            if any(lost):
                at = f" at {cell.rate:,}/s" if cell.rate else ""
                rows.append((f"{queries.TITLES[cell.workload]}{at}", [f"{number:,}" for number in lost]))
        return self.table(rows) if rows else "None, in any run."

    def row(self, cell: Cell, value: Value, digits: int, compared: bool) -> list[str]:
        """Each server's median, where wanted with its ratio to the reference server's."""
        texts = []
        for server in self.titles:
            middle = self.figures.median(cell, server, value)
            text = "-" if middle is None else f"{middle:,.{digits}f}"
            ratio = self.figures.ratio(cell, server, value)
            if compared and ratio is not None and server != REFERENCE:
                text += f" ({ratio:.2f})"
            texts.append(text)
        return texts

    def table(self, rows: Iterable[tuple[str, list[str]]]) -> str:
        """Titles on the left, a column for each server."""
        return table(["", *self.titles.values()], [[title, *row] for title, row in rows])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        others = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return f"| {' | '.join((cells[0].ljust(widths[0]), *others))} |"

    rule = [f":{'-' * (widths[0] + 1)}", *(f"{'-' * (width + 1)}:" for width in widths[1:])]
    return "\n".join((line(head), f"|{'|'.join(rule)}|", *map(line, rows)))
