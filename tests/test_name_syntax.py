"""Names by their specifications, against a reading of each character."""

from string import ascii_letters, ascii_lowercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns import name_syntax

TEXTS = st.one_of(
    st.text("aZ09-_./\n", max_size=8),
    st.text(max_size=5),
    st.integers(60, 66).map(lambda length: "a" * length),
    st.integers(250, 256).map(lambda length: "a." * (length // 2) + "a" * (length % 2)),
)


def consists_of(text: str, ends: str, inside: str, most: int) -> bool:
    return (
        1 <= len(text) <= most
        and all(character in ends + inside for character in text)
        and text[0] in ends
        and text[-1] in ends
    )


def is_subdomain(text: str) -> bool:
    labels = text.split(".")
    return len(text) <= 253 and all(consists_of(part, ascii_lowercase + digits, "-", 253) for part in labels)


def is_qualified(text: str) -> bool:
    return consists_of(text, ascii_letters + digits, "-_.", 63)


@given(TEXTS)
def test_any_text(text: str) -> None:
    assert name_syntax.is_dns_label(text) == consists_of(text, ascii_lowercase + digits, "-", 63)
    assert name_syntax.is_dns_subdomain(text) == is_subdomain(text)
    assert name_syntax.is_qualified_name(text) == is_qualified(text)
    assert name_syntax.is_label_value(text) == (text == "" or is_qualified(text))
    assert name_syntax.is_host_label(text) == consists_of(text, ascii_letters + digits + "_", "-", 63)
    prefix, slash, name = text.rpartition("/")
    assert name_syntax.is_label_key(text) == (is_qualified(name) and (not slash or is_subdomain(prefix)))


@pytest.mark.parametrize("key", ["app", "example.com/tier", f"{'a' * 253}/A_b.c", "a" * 63])
def test_keys(key: str) -> None:
    assert name_syntax.is_label_key(key)


@pytest.mark.parametrize("key", ["", "/", "/app", "a/", "a/b/c", "A/b", f"{'a' * 254}/b", "a" * 64, "-a"])
def test_what_is_no_key(key: str) -> None:
    assert not name_syntax.is_label_key(key)


@pytest.mark.parametrize("text", ["\u212a", "\u017f", "é", "\u0661"])
def test_only_ascii(text: str) -> None:
    """Kelvin's sign and the long s are folded to k and s, and there are more digits than ten."""
    assert not name_syntax.is_host_label(text)
    assert not name_syntax.is_dns_label(text)
    assert not name_syntax.is_label_value(text)
