"""Master files as entries: words, comments, parentheses, and the line of each."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.sources.zonefiles.zone_lexer import Entry, MalformedEntry, split_entries


def test_entries_with_their_lines() -> None:
    text = b'\xef\xbb\xbf; first\n\na A ( ; opened\n 192.0.2.1\n)\n\t TXT "x ; y" z\\ w\n'
    assert list(split_entries(text)) == [
        Entry(3, False, ("a", "A", "192.0.2.1")),
        Entry(6, True, ("TXT", '"x ; y"', "z\\ w")),
    ]


def test_other_bytes_in_quotes_are_escaped() -> None:
    (entry,) = split_entries('a TXT "ü"'.encode())
    assert isinstance(entry, Entry)
    assert entry.words == ("a", "TXT", '"\\195\\188"')


def test_behind_a_mistake_it_goes_on_with_the_next_line() -> None:
    found = list(split_entries(b'a TXT "x\nb )\n\xff A\nc A 1\nd ('))
    assert found == [
        MalformedEntry(1, "a quote that is not closed on its line"),
        MalformedEntry(2, "a ) without its ("),
        MalformedEntry(
            3,
            "a byte that is no printing ASCII: "
            "names have an xn-- form, other bytes stand as \\DDD or in quotes",
        ),
        Entry(4, False, ("c", "A", "1")),
        MalformedEntry(5, "a ( that is never closed"),
    ]


@given(st.binary(max_size=60) | st.text(alphabet='ab ;()"\\\n\t\r', max_size=60).map(str.encode))
def test_any_bytes_are_entries_in_the_order_of_their_lines(data: bytes) -> None:
    lines = [entry.line for entry in split_entries(data)]
    assert lines == sorted(lines)
    assert all(1 <= line <= data.count(b"\n") + 1 for line in lines)
