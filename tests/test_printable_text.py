"""Texts from outside on a terminal: nothing in them is a command, and none makes a line of its own."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns import printable_text

HOSTILE = [
    "\x1b[2J",
    "\x9b2J",
    "\x07",
    "\r",
    "\n",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ufeff",
    "\U000e0041",
]
"""ESC and CSI, a bell, line ends, DEL, characters that turn the direction, invisible ones."""


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("web", "web"),
        ("Zürich 東京", "Zürich 東京"),
        ("a\x1b[2J\nb", r"a\x1b[2J\nb"),
        ("\x9b\u202e\U000e0041", r"\x9b\u202e\U000e0041"),
        ("\ud800", r"\ud800"),
        ("", ""),
    ],
)
def test_what_does_not_print_is_written_out(text: str, escaped: str) -> None:
    assert printable_text.escape(text) == escaped


@given(st.text())
def test_one_line_stays_one_and_prints(text: str) -> None:
    assert printable_text.escape(text).isprintable()


@given(st.text() | st.sampled_from(HOSTILE))
def test_our_own_lines_and_tabs_stay(text: str) -> None:
    escaped = printable_text.escape_lines(text)
    assert escaped.count("\n") == text.count("\n")
    assert escaped.count("\t") == text.count("\t")
    assert escaped.replace("\n", "").replace("\t", "").isprintable()


TEXTS = st.text() | st.sampled_from(HOSTILE)


@given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_means_the_same(value: object) -> None:
    for indent in (None, 2):
        escaped = printable_text.escape_json(json.dumps(value, ensure_ascii=False, indent=indent))
        assert json.loads(escaped) == value
        assert escaped.replace("\n", "").isprintable()
