r"""Master files as entries (RFC 1035 5.1): parentheses joined, comments gone, each with its own line.

Pure, and written here because line numbers are what an operator needs: bytes in, words out. Words
keep their quotes and escapes and are printing ASCII; other bytes inside quotes become `\DDD`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_ENTRY = 300_000
"""Bytes; 65,535 octets of data, each written as `\\DDD`, are 262,140."""

_PIECE = re.compile(
    rb"""(?P<blank>[ \t\r]++)
       | (?P<comment>;[^\n]*+)
       | (?P<line>\n)
       | (?P<open>\()
       | (?P<close>\))
       | (?P<word>(?:[^\s;()"\\]++|\\[^\n]|"(?:[^"\\\n]++|\\[^\n])*+")++)""",
    re.VERBOSE,
)
_PLAIN = re.compile(rb"[!-~]+")
_PART = re.compile(rb'\\.|"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_QUOTED = re.compile(rb"\\[ -~]|\\?([^ -~])", re.DOTALL)
_PRINTING = re.compile(rb"[ -~]+")
_STRANGE = (
    "a byte that is no printing ASCII: names have an xn-- form, other bytes stand as \\DDD or in quotes"
)
_BY_BYTE = {ord('"'): "a quote that is not closed on its line", ord("\\"): "a \\ at the end of a line"}
_BOM = b"\xef\xbb\xbf"


class Entry(NamedTuple):
    """The words of one record or directive; `line` counts from 1 and is that of the first."""

    line: int
    indented: bool
    """It begins with a blank: the owner is that of the record before."""
    words: tuple[str, ...]


class Broken(NamedTuple):
    """A place that cannot be read; reading goes on with the next line."""

    line: int
    message: str


def entries(data: bytes) -> Iterator[Entry | Broken]:
    """All entries of a file, in order; raises nothing."""
    at = len(_BOM) if data.startswith(_BOM) else 0
    line = 1
    while at < len(data):
        entry, at, line = _entry(data, at, line)
        if isinstance(entry, Broken) or entry.words:
            yield entry


def _entry(data: bytes, at: int, line: int) -> tuple[Entry | Broken, int, int]:
    """The entry that begins at this line's start, and where and in which line the next one begins."""
    start, indented, first = at, data[at] in b" \t", line
    words: list[str] = []
    opened: list[int] = []
    while piece := _PIECE.match(data, at):
        at = piece.end()
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
                return _broken(data, at, line, "a ) without its (")
            case "word":
                first = first if words else line
                word = _text(piece[0])
                if word is None:
                    return _broken(data, at, line, _STRANGE)
                words.append(word)
        if at - start > MAX_ENTRY:
            return _broken(data, at, first, f"a record of more than {MAX_ENTRY} bytes")
    if piece is None and at < len(data):
        return _broken(data, at, line, _BY_BYTE.get(data[at], _STRANGE))
    if opened:
        return _broken(data, at, opened[0], "a ( that is never closed")
    return Entry(first, indented, tuple(words)), at, line


def _broken(data: bytes, at: int, line: int, message: str) -> tuple[Broken, int, int]:
    end = data.find(b"\n", at)
    return Broken(line, message), end + 1 if end >= 0 else len(data), line + 1


def _text(word: bytes) -> str | None:
    """A word as ASCII; None where a byte outside of quotes does not print."""
    if not _PLAIN.fullmatch(word):
        word = _PART.sub(_escape_quoted, word)
        if not _PRINTING.fullmatch(word):
            return None
    return word.decode("ascii")


def _escape_quoted(part: re.Match[bytes]) -> bytes:
    if part[0][:1] != b'"':
        return part[0]
    return _QUOTED.sub(lambda found: b"\\%03d" % found[1][0] if found[1] else found[0], part[0])
