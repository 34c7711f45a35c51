"""Bytes of queries and replies in words, against dnspython; and whatever else comes, as few words."""

import dns.flags
import dns.message
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import mnemonics

LABELS = st.lists(st.binary(min_size=1, max_size=12), min_size=0, max_size=6)


@given(LABELS, st.sampled_from([*mnemonics.TYPE_NAMES, 999]))
def test_a_question(labels: list[bytes], rrtype: int) -> None:
    name = dns.name.Name([*labels, b""])
    packet = dns.message.make_query(name, dns.rdatatype.RdataType.make(rrtype)).to_wire()
    if b"\0" not in b"".join(labels):  # whose end is found without reading the name
        assert mnemonics.question_bytes(packet[2:]) == packet[12:-2]
    shown, _, kind = mnemonics.question_text(packet[12:-2]).rpartition(" ")
    assert dns.name.from_text(shown) == name
    assert dns.rdatatype.from_text(kind) == rrtype


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"\3a\0b\3www\0", r"a\000b.www."),
        (b"\1\0\0", r"\000."),
        (b"\4\0\0\1\x1b\0", r"\000\000\001\027."),
        (b"\0", "."),
    ],
)
def test_a_zero_byte_does_not_end_a_name(name: bytes, shown: str) -> None:
    question = mnemonics.question_bytes(bytes(10) + name + b"\0\1\0\1")
    assert mnemonics.question_text(question) == f"{shown} A"


@given(st.binary(max_size=600))
def test_any_bytes(packet: bytes) -> None:
    text = mnemonics.question_text(mnemonics.question_bytes(packet))
    assert text.isprintable() and len(text) < 1100


@given(st.integers(0, 65535))
def test_flags(word: int) -> None:
    shown = mnemonics.flags_text(word).upper()
    assert dns.flags.from_text(shown) == word & 0x87B0


@given(st.integers(0, 4095))
def test_codes(code: int) -> None:
    assert mnemonics.rcode_text(code) == (mnemonics.rcode_label(code) if code < 6 else f"RCODE{code}")
    assert (mnemonics.rcode_label(code) == mnemonics.OTHER_LABEL) == (code >= 6)


def test_high_rcodes_have_names_in_words_and_one_label() -> None:
    assert [mnemonics.rcode_text(code) for code in (5, 7, 16, 23)] == [
        "REFUSED",
        "RCODE7",
        "BADVERS",
        "BADCOOKIE",
    ]
    assert mnemonics.rcode_label(23) == mnemonics.OTHER_LABEL
