r"""Master files as entries (RFC 1035 5.1): parentheses joined, comments gone, each with its own line.

Pure: bytes in, words out. Written here because line numbers are what an operator needs. Words
keep their quotes and escapes and are printing ASCII; other bytes inside quotes become `\DDD`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_ENTRY_BYTES = 300_000
"""The longest entry, in bytes; 65,535 octets of data, each written as `\\DDD`, are 262,140."""

# Possessive (`++`, `*+`): a megabyte without an end is read once, and not over and over.
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
    """The words of one record or directive; `line` is that of the first word, from 1."""

    line: int
    is_indented: bool
    """Whether the entry begins with a blank: then its owner is that of the record before."""
    words: tuple[str, ...]


class MalformedEntry(NamedTuple):
    """An entry that cannot be read; reading goes on with the next line."""

    line: int
    message: str


def split_entries(data: bytes) -> Iterator[Entry | MalformedEntry]:
    """Yield all entries of a file, in order; raises nothing."""
    offset = len(_BOM) if data.startswith(_BOM) else 0
    line = 1
    while offset < len(data):
        entry, offset, line = _read_entry(data, offset, line)
        # An empty line is an entry without words.
        if isinstance(entry, MalformedEntry) or entry.words:
            yield entry


def _read_entry(data: bytes, offset: int, line: int) -> tuple[Entry | MalformedEntry, int, int]:
    """Read the entry at this line's start; returns also the offset and the line of the next one."""
    start = offset
    first_line = line
    is_indented = data[offset] in b" \t"
    words: list[str] = []
    open_lines: list[int] = []  # of the parentheses that are not closed yet

    while token := _TOKEN.match(data, offset):
        offset = token.end()
        match token.lastgroup:
            case "line":
                line += 1
                if not open_lines:
                    break
            case "open":
                open_lines.append(line)
            case "close" if open_lines:
                open_lines.pop()
            case "close":
                return _to_malformed(data, offset, line, "a ) without its (")
            case "word":
                first_line = first_line if words else line
                word = _decode_word(token[0])
                if word is None:
                    return _to_malformed(data, offset, line, _NON_PRINTABLE_MESSAGE)
                words.append(word)

        if offset - start > MAX_ENTRY_BYTES:
            return _to_malformed(data, offset, first_line, f"a record of more than {MAX_ENTRY_BYTES} bytes")

    # No token matches a byte that does not print, a quote that stays open and a \ before a line's end.
    if token is None and offset < len(data):
        message = _MESSAGE_BY_BYTE.get(data[offset], _NON_PRINTABLE_MESSAGE)
        return _to_malformed(data, offset, line, message)
    if open_lines:
        return _to_malformed(data, offset, open_lines[0], "a ( that is never closed")

    return Entry(first_line, is_indented, tuple(words)), offset, line


def _to_malformed(data: bytes, offset: int, line: int, message: str) -> tuple[MalformedEntry, int, int]:
    end = data.find(b"\n", offset)
    return MalformedEntry(line, message), end + 1 if end >= 0 else len(data), line + 1


def _decode_word(word: bytes) -> str | None:
    """Return a word as ASCII; None where a byte outside of quotes does not print."""
    # Nearly all words are graphic already.
    if not _GRAPHIC.fullmatch(word):
        word = _WORD_PART.sub(_escape_quoted, word)
        if not _PRINTABLE.fullmatch(word):
            return None

    return word.decode("ascii")


def _escape_quoted(part: re.Match[bytes]) -> bytes:
    if part[0][:1] != b'"':
        return part[0]

    # Escapes are matched too, so that their bytes stay as they are.
    return _QUOTED_BYTE.sub(lambda match: b"\\%03d" % match[1][0] if match[1] else match[0], part[0])
