"""Columns of text."""

from svcdns.cli import text_table


def test_columns_stand_below_each_other_and_lines_end_with_their_text() -> None:
    rows = [("NAME", "TYPE", "X"), ("a-long-name", "A", ""), ("b", "SRV", "y")]
    assert text_table.align_columns(rows, gap=2).splitlines() == [
        "NAME         TYPE  X",
        "a-long-name  A     ",
        "b            SRV   y",
    ]
