"""Columns of text, and text that is safe to print."""

from svcdns.cli import text_table


def test_columns_stand_below_each_other_and_lines_end_with_their_text() -> None:
    rows = [("NAME", "TYPE", "X"), ("a-long-name", "A", ""), ("b", "SRV", "y")]
    assert text_table.align_columns(rows, gap=2).splitlines() == [
        "NAME         TYPE  X",
        "a-long-name  A     ",
        "b            SRV   y",
    ]


def test_nothing_in_a_text_steers_the_terminal_or_ends_the_line() -> None:
    assert text_table.escape_unprintable("a\x1b[2J\nb") == r"a\x1b[2J\x0ab"
    assert text_table.escape_unprintable("caf\u00e9 1") == "caf\u00e9 1"
