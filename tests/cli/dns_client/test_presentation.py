"""Bytes of a reply as text for a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.cli.dns_client import presentation


def test_strings_stand_in_quotes() -> None:
    assert presentation.quote_strings(b'\3a"b\0\1\xff') == r'"a\"b" "" "\255"'
    with pytest.raises(ValueError, match="longer than its record"):
        presentation.quote_strings(b"\5abc")


def test_unknown_data_is_its_length_and_hex() -> None:
    assert presentation.unknown_rdata(b"\x0a\xff") == r"\# 2 0AFF"
    assert presentation.unknown_rdata(b"") == r"\# 0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"\0\x0f", "15 (Blocked)"),
        (b"\0\x0fby policy", "15 (Blocked): (by policy)"),
        (b"\0\x19", "25"),  # behind the last name
        (b"\0\0\x1b", r"0 (Other): (\027)"),
    ],
)
def test_extended_errors(value: bytes, text: str) -> None:
    assert presentation.extended_error_text(value) == text


@given(st.text())
def test_any_text_is_printable_ascii(text: str) -> None:
    assert all(" " <= character <= "~" for character in presentation.escape_text(text))
