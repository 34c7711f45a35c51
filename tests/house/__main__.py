"""The command: the table of figures of one or more trees, or whether this one is within its limits."""

import argparse
import sys
from pathlib import Path

from tests.house import figures, limits


def main() -> int:
    """Print the table, or with `--check` what is beyond a limit; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.house",
        description="Counts what makes code hard to enter. Without arguments: of svcdns/.",
        epilog="Example: python -m tests.house svcdns ../another-project/src",
    )
    parser.add_argument(
        "trees", nargs="*", type=Path, default=[Path("svcdns")], help="folders with Python files"
    )
    parser.add_argument("--check", action="store_true", help="print what is beyond a limit, and exit with 1")
    arguments = parser.parse_args()

    if not arguments.check:
        print(table([(tree, figures.count(tree)) for tree in arguments.trees]))
        return 0

    complaints = [text for tree in arguments.trees for text in limits.complaints(tree, figures.count(tree))]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def table(counted: list[tuple[Path, figures.Figures]]) -> str:
    """The figures of each tree in a column of its own."""
    columns = [["", *_LABELS]]
    for tree, tree_figures in counted:
        columns.append([str(tree), *_values(tree_figures)])

    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


_LABELS = (
    "files, lines",
    "lines per file: median, p90, max",
    "lines per function: median, p95, max",
    "comments per 100 lines",
    "blank lines per 100 lines of bodies",
    "vague names per 1,000 lines",
    "a, b = x, y per 1,000 lines",
    "most modules in a folder",
)


def _values(counted: figures.Figures) -> list[str]:
    file_lengths, function_lengths = list(counted.files.values()), list(counted.functions.values())
    return [
        f"{len(file_lengths)}, {counted.lines}",
        _spread(file_lengths, 90),
        _spread(function_lengths, 95),
        f"{counted.comments_per_hundred:.1f}",
        f"{counted.blanks_per_hundred:.1f}",
        f"{counted.per_thousand(len(counted.vague_names)):.1f}",
        f"{counted.per_thousand(len(counted.tuple_assignments)):.1f}",
        str(max(limits.modules_by_folder(counted).values())),
    ]


def _spread(lengths: list[int], percent: int) -> str:
    return f"{figures.median(lengths)}, {figures.percentile(lengths, percent)}, {max(lengths)}"


if __name__ == "__main__":
    sys.exit(main())
