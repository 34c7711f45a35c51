"""Columns of text."""

from collections.abc import Sequence


def align_columns(rows: Sequence[Sequence[str]], gap: int) -> str:
    """Lines with the cells below each other, `gap` spaces behind the widest cell of a column.

    All rows have the same number of cells. Nothing is put behind the last cell.
    """
    widths = [max(map(len, cells)) + gap for cells in zip(*rows, strict=True)]

    lines = []
    for row in rows:
        # Without `strict`: the last cell is not filled up.
        padded = "".join(map(str.ljust, row[:-1], widths))
        lines.append(f"{padded}{row[-1]}\n")
    return "".join(lines)
