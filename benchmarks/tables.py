"""The tables of a report: Markdown with aligned columns, so that they read well on a terminal too."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.figures import REFERENCE, Figures, cost, percentile
from benchmarks.measure import Cell, Measurement
from benchmarks.servers import Server

Value: TypeAlias = Callable[[Measurement], float | None]


@dataclass(frozen=True, slots=True)
class Grid:
    """Tables with a column for each server."""

    figures: Figures
    servers: Sequence[Server]

    def flat_out(self, value: Value, digits: int, *, compared: bool = False) -> str:
        """A row for each workload at saturation."""
        cells = [cell for cell in self.figures.cells() if cell.rate is None]
        return self.table((cell.workload.title, self.row(cell, value, digits, compared)) for cell in cells)

    def paced(self, rates: Sequence[int]) -> str:
        """A row for each fixed rate: CPU per query."""
        cells = [cell for cell in self.figures.cells() if cell.rate in rates]
        return self.table((f"{cell.rate:,}/s", self.row(cell, cost, 1, compared=True)) for cell in cells)

    def latency(self, rate: int) -> str:
        """A row for each percentile at one rate."""
        cells = [cell for cell in self.figures.cells() if cell.rate == rate]
        parts = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))
        return self.table(
            (title, self.row(cell, percentile(part), 0, compared=True))
            for cell in cells
            for title, part in parts
        )

    def row(self, cell: Cell, value: Value, digits: int, compared: bool) -> list[str]:
        """Each server's median, where wanted with its ratio to the reference server's."""
        texts = []
        for server in self.servers:
            middle = self.figures.median(cell, server.name, value)
            text = "-" if middle is None else f"{middle:,.{digits}f}"
            ratio = self.figures.ratio(cell, server.name, value)
            if compared and ratio is not None and server.name != REFERENCE:
                text += f" ({ratio:.2f})"
            texts.append(text)
        return texts

    def table(self, rows: Iterable[tuple[str, list[str]]]) -> str:
        """Titles on the left, a column for each server."""
        return table(["", *(server.title for server in self.servers)], [[title, *row] for title, row in rows])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        others = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return f"| {' | '.join((cells[0].ljust(widths[0]), *others))} |"

    rule = [f":{'-' * (widths[0] + 1)}", *(f"{'-' * (width + 1)}:" for width in widths[1:])]
    return "\n".join((line(head), f"|{'|'.join(rule)}|", *map(line, rows)))
