"""What a translation collects, and how it reads arguments."""

import pytest

from svcdns.config.corefile import translation_state
from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.translation_state import MAX_DIAGNOSTIC_LENGTH, Diagnostic, Translation


def test_the_first_value_counts_and_the_second_gets_a_remark() -> None:
    translation = Translation(("0.0.0.0",))
    translation.set_value(Directive("ttl", (), 3), "ttl", "5")
    translation.set_value(Directive("ttl", (), 7), "ttl", "5")
    assert translation.diagnostics == []

    translation.set_value(Directive("ttl", (), 9), "ttl", "6")
    assert translation.values == {"ttl": "5"}
    assert translation.diagnostics == [
        Diagnostic(9, "ttl: one ttl is for all blocks: 5 of line 3 counts, not 6")
    ]


def test_items_of_a_list_stand_once_with_their_lines() -> None:
    translation = Translation(())
    translation.add_values(Directive("hosts", (), 2), "hosts", "/a", "/b")
    translation.add_values(Directive("hosts", (), 4), "hosts", "/a", "/c")
    assert translation.values["hosts"] == ["/a", "/b", "/c"]
    assert translation.lines == {("hosts",): 2, ("hosts", 0): 2, ("hosts", 1): 2, ("hosts", 2): 4}


def test_a_remark_is_short_and_printable() -> None:
    translation = Translation(())
    translation.report_error(Directive("x\n\x1b", (), 1), "é" * 1000)
    (error,) = translation.errors
    assert error.text.startswith("x\\n\\x1b: é") and len(error.text) <= MAX_DIAGNOSTIC_LENGTH + 4


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("5s", 5), ("1m30s", 90), ("500ms", 0.5), (".5h", 1800)]
)
def test_durations_of_go(text: str, seconds: float) -> None:
    assert translation_state.parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "5x", "s", "-5s", "5s ", "1" * 40 + "s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        translation_state.parse_duration(text)


@pytest.mark.parametrize(("number", "text"), [(0, "1"), (1.2, "2"), (10**9, "30")])
def test_numbers_move_into_the_bounds_of_their_setting(number: float, text: str) -> None:
    assert translation_state.clamp_to_text("forward_timeout", number) == text
