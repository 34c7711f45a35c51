"""Master files to records (RFC 1035 5): owners, TTLs, $ORIGIN, $TTL and $INCLUDE, each with its place.

Pure but for `include`, which the caller gives. A mistake costs one entry and is named; the reading
goes on, so that one run shows them all.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRType
from svcdns.errors import DomainNameError, ZoneFileError
from svcdns.sources.file_problems import Problem
from svcdns.sources.zonefiles import rdata_parser, zone_lexer
from svcdns.sources.zonefiles.rdata_parser import Rdata
from svcdns.sources.zonefiles.zone_lexer import Entry

MAX_INCLUDE_DEPTH = 8
"""Files that include one another."""
MAX_RECORDS = 250_000
MAX_ERRORS = 50
DEFAULT_TTL = 3600
"""Seconds, where a file has said nothing of them before a record; as NSD and Knot have it."""

_ESCAPE = re.compile(r"\\.")
_IS_CLASS_SERVED = {"IN": True, "CH": False, "CS": False, "HS": False}

IncludeReader: TypeAlias = Callable[[str, str], tuple[str, bytes]]
"""(the file that includes, the name it gives) -> the file and its bytes; raises ZoneFileError."""


class FilePosition(NamedTuple):
    """Where a record stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class MasterRecord(NamedTuple):
    """One record of a zone file; the owner is an absolute wire name in its own case."""

    position: FilePosition
    owner: bytes
    type: RRType
    ttl: int
    rdata: Rdata

    @property
    def subject(self) -> str:
        """The record in messages."""
        return f"{names.to_text(self.owner)} {rdata_parser.type_to_text(self.type)}"

    def make_problem(self, message: str) -> Problem:
        """Something wrong with it."""
        return Problem(*self.position, self.subject, message)


@dataclass(slots=True)
class _ParserState:
    """What an entry may leave to those before it; an included file begins with a copy."""

    origin: bytes | None
    owner: bytes | None = None
    ttl: int | None = None
    last_ttl: int | None = None

    def resolve_name(self, text: str) -> bytes:
        """A name as it stands in the file (RFC 1035 5.1)."""
        if '"' in _ESCAPE.sub("", text):
            raise ZoneFileError(f"{text} is no name: a name stands without quotes")
        before = text.removesuffix(".")
        if before != text and (len(before) - len(before.rstrip("\\"))) % 2 == 0:  # the dot is no escaped one
            found = names.from_text(text)
        elif self.origin is None:
            raise ZoneFileError(rdata_parser.NO_ORIGIN_MESSAGE)
        elif text == "@":
            return self.origin
        else:
            found = names.from_labels(names.to_labels(names.from_text(text)), self.origin)
        if 0 in found[:-1]:
            raise ZoneFileError("a label with a zero byte is not served")
        return found


class _LimitExceededError(Exception):
    """The rest is not read."""


class MasterFileReader:
    """Reads one zone: its file, and those that it includes."""

    def __init__(self, include: IncludeReader) -> None:
        self.records: list[MasterRecord] = []
        self.errors: list[Problem] = []
        self._include = include

    def read(self, file: str, data: bytes, origin: bytes | None) -> None:
        """Read a zone's file whose relative names are below `origin`, until a $ORIGIN; raises nothing."""
        try:
            self._read_file(file, data, _ParserState(origin), 1)
        except _LimitExceededError as error:
            self.errors.append(Problem(file, 0, "", str(error)))

    def _read_file(self, file: str, data: bytes, state: _ParserState, depth: int) -> None:
        for entry in zone_lexer.split_entries(data):
            place = FilePosition(file, entry.line)
            if not isinstance(entry, Entry):
                self._add_error(Problem(*place, "", entry.message))
            elif entry.words[0].startswith("$"):
                try:
                    self._apply_directive(place, entry.words, state, depth)
                except (ZoneFileError, DomainNameError) as error:
                    self._add_error(Problem(*place, entry.words[0], str(error)))
            else:
                self._read_record(place, entry, state)

    def _add_error(self, problem: Problem) -> None:
        if len(self.errors) >= MAX_ERRORS:
            raise _LimitExceededError(f"more than {MAX_ERRORS} mistakes: the rest of the zone was not read")
        self.errors.append(problem)

    def _apply_directive(
        self, position: FilePosition, words: Sequence[str], state: _ParserState, depth: int
    ) -> None:
        match words[0].upper(), *words[1:]:
            case "$ORIGIN", name:
                state.origin = state.resolve_name(name)
            case "$TTL", seconds:
                state.ttl = rdata_parser.parse_ttl(seconds)
            case "$INCLUDE", name, *origin if len(origin) <= 1:
                self._read_included(
                    position, name, state.resolve_name(origin[0]) if origin else state.origin, state, depth
                )
            case "$ORIGIN", *_:
                raise ZoneFileError("wanted is one name, as $ORIGIN example.org.")
            case "$TTL", *_:
                raise ZoneFileError("wanted is one time, as $TTL 1h")
            case "$INCLUDE", *_:
                raise ZoneFileError("wanted are a file and, if need be, an origin, as $INCLUDE hosts.inc")
            case _:
                raise ZoneFileError("no such directive; there are $ORIGIN, $TTL and $INCLUDE")

    def _read_included(
        self, position: FilePosition, name: str, origin: bytes | None, state: _ParserState, depth: int
    ) -> None:
        """The file's own $ORIGIN and $TTL end with it (RFC 1035 5.1)."""
        if depth >= MAX_INCLUDE_DEPTH:
            raise ZoneFileError(f"files that include one another go {MAX_INCLUDE_DEPTH} deep at most")
        file, data = self._include(position.file, name.strip('"'))
        self._read_file(file, data, _ParserState(origin, state.owner, state.ttl, state.last_ttl), depth + 1)

    def _read_record(self, position: FilePosition, entry: Entry, state: _ParserState) -> None:
        subject = ""
        words = iter(entry.words)
        try:
            if not entry.is_indented:
                state.owner = state.resolve_name(next(words))
            if state.owner is None:
                raise ZoneFileError("a record without an owner: the first line of a file begins with a name")
            subject = names.to_text(state.owner)
            ttl, rrtype = _parse_ttl_and_type(words)
            subject += f" {rdata_parser.type_to_text(rrtype)}"
            data = rdata_parser.parse_rdata(rrtype, " ".join(words), state.origin)
            self._add_record(
                MasterRecord(position, state.owner, rrtype, _effective_ttl(ttl, rrtype, data, state), data)
            )
        except (ZoneFileError, DomainNameError) as error:
            self._add_error(Problem(*position, subject, str(error)))

    def _add_record(self, record: MasterRecord) -> None:
        if len(self.records) >= MAX_RECORDS:
            raise _LimitExceededError(f"more than {MAX_RECORDS} records: the rest of the zone was not read")
        self.records.append(record)


def _parse_ttl_and_type(words: Iterator[str]) -> tuple[int | None, RRType]:
    """TTL and class, each there or not and in either order, and the type."""
    ttl, has_class = None, False
    for word in words:
        if ttl is None and word[0].isdigit():
            ttl = rdata_parser.parse_ttl(word)
        elif not has_class and (known := _IS_CLASS_SERVED.get(word.upper())) is not None:
            if not known:
                raise ZoneFileError(f"class {word}: only IN is served")
            has_class = True
        else:
            return ttl, rdata_parser.type_from_text(word)
    raise ZoneFileError("a record without a type, as www 300 A 192.0.2.1")


def _effective_ttl(stated_ttl: int | None, rrtype: RRType, record_data: Rdata, state: _ParserState) -> int:
    """The TTL stated, of $TTL, the last one stated (RFC 2308 4), of an SOA its minimum, or the usual one."""
    if stated_ttl is not None:
        state.last_ttl = stated_ttl
        return stated_ttl
    found = state.last_ttl if state.ttl is None else state.ttl
    if found is None and rrtype == records.SOA:
        found = state.last_ttl = min(int.from_bytes(record_data.wire[-4:], "big"), rdata_parser.MAX_TTL)
    return DEFAULT_TTL if found is None else found
