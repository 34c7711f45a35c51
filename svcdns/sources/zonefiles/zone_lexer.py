r"""Master files as entries (RFC 1035 5.1): parentheses joined, comments gone, each with its own line.

Pure, and written here because line numbers are what an operator needs: bytes in, words out. Words
keep their quotes and escapes and are printing ASCII; other bytes inside quotes become `\DDD`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_ENTRY_BYTES = 300_000
"""Bytes; 65,535 octets of data, each written as `\\DDD`, are 262,140."""

_TOKEN = re.compile(
    rb"""(?P<blank>[ \t\r]++)
       | (?P<comment>;[^\n]*+)
       | (?P<line>\n)
       | (?P<open>\()
       | (?P<close>\))
       | (?P<word>(?:[^\s;()"\\]++|\\[^\n]|"(?:[^"\\\n]++|\\[^\n])*+")++)""",
    re.VERBOSE,
)
_GRAPHIC = re.compile(rb"[!-~]+")
_WORD_PART = re.compile(rb'\\.|"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_QUOTED_BYTE = re.compile(rb"\\[ -~]|\\?([^ -~])", re.DOTALL)
_PRINTABLE = re.compile(rb"[ -~]+")
_NON_PRINTABLE_MESSAGE = (
    "a byte that is no printing ASCII: names have an xn-- form, other bytes stand as \\DDD or in quotes"
)
_MESSAGE_BY_BYTE = {
    ord('"'): "a quote that is not closed on its line",
    ord("\\"): "a \\ at the end of a line",
}
_BOM = b"\xef\xbb\xbf"


class Entry(NamedTuple):
    """The words of one record or directive; `line` counts from 1 and is that of the first."""

    line: int
    is_indented: bool
    """It begins with a blank: the owner is that of the record before."""
    words: tuple[str, ...]


class MalformedEntry(NamedTuple):
    """A place that cannot be read; reading goes on with the next line."""

    line: int
    message: str


def split_entries(data: bytes) -> Iterator[Entry | MalformedEntry]:
    """All entries of a file, in order; raises nothing."""
    at = len(_BOM) if data.startswith(_BOM) else 0
    line = 1
    while at < len(data):
        entry, at, line = _read_entry(data, at, line)
        if isinstance(entry, MalformedEntry) or entry.words:
            yield entry


def _read_entry(data: bytes, offset: int, line: int) -> tuple[Entry | MalformedEntry, int, int]:
    """The entry that begins at this line's start, and where and in which line the next one begins."""
    start, indented, first = offset, data[offset] in b" \t", line
    words: list[str] = []
    opened: list[int] = []
    while piece := _TOKEN.match(data, offset):
        offset = piece.end()
        match piece.lastgroup:
            case "line":
                line += 1
                if not opened:
                    break
            case "open":
                opened.append(line)
            case "close" if opened:
                opened.pop()
            case "close":
                return _to_malformed(data, offset, line, "a ) without its (")
            case "word":
                first = first if words else line
                word = _decode_word(piece[0])
                if word is None:
                    return _to_malformed(data, offset, line, _NON_PRINTABLE_MESSAGE)
                words.append(word)
        if offset - start > MAX_ENTRY_BYTES:
            return _to_malformed(data, offset, first, f"a record of more than {MAX_ENTRY_BYTES} bytes")
    if piece is None and offset < len(data):
        return _to_malformed(data, offset, line, _MESSAGE_BY_BYTE.get(data[offset], _NON_PRINTABLE_MESSAGE))
    if opened:
        return _to_malformed(data, offset, opened[0], "a ( that is never closed")
    return Entry(first, indented, tuple(words)), offset, line


def _to_malformed(data: bytes, offset: int, line: int, message: str) -> tuple[MalformedEntry, int, int]:
    end = data.find(b"\n", offset)
    return MalformedEntry(line, message), end + 1 if end >= 0 else len(data), line + 1


def _decode_word(word: bytes) -> str | None:
    """A word as ASCII; None where a byte outside of quotes does not print."""
    if not _GRAPHIC.fullmatch(word):
        word = _WORD_PART.sub(_escape_quoted, word)
        if not _PRINTABLE.fullmatch(word):
            return None
    return word.decode("ascii")


def _escape_quoted(part: re.Match[bytes]) -> bytes:
    if part[0][:1] != b'"':
        return part[0]
    return _QUOTED_BYTE.sub(lambda found: b"\\%03d" % found[1][0] if found[1] else found[0], part[0])
