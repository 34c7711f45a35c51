"""Master files to records (RFC 1035 5): owners, TTLs, $ORIGIN, $TTL and $INCLUDE, each with file and line.

Pure, but for the `IncludeReader` that the caller passes in. A mistake costs one entry and is named. The
reading goes on, so that one run shows all mistakes.
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
"""How deep files may include one another; it also ends files that include themselves."""
MAX_RECORDS = 250_000
"""The most records of one zone, and of all zones together."""
MAX_ERRORS = 50
"""The most mistakes of a zone that are named: a person reads no more at once."""
DEFAULT_TTL = 3600
"""Seconds, for a record before which a file states no TTL; the same as in NSD and Knot."""

_ESCAPE = re.compile(r"\\.")
_IS_CLASS_SERVED = {"IN": True, "CH": False, "CS": False, "HS": False}

IncludeReader: TypeAlias = Callable[[str, str], tuple[str, bytes]]
"""(path of the including file, name in its directive) -> path and bytes of the included file.

Raises ZoneFileError.
"""


class FilePosition(NamedTuple):
    """The place of a record; `line` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class MasterRecord(NamedTuple):
    """One record of a zone file.

    `owner` is an absolute wire name in the case of the file, `ttl` is in seconds.
    """

    position: FilePosition
    owner: bytes
    type: RRType
    ttl: int
    rdata: Rdata

    @property
    def subject(self) -> str:
        """The name of the record in messages: its owner and type."""
        return f"{names.to_text(self.owner)} {rdata_parser.type_to_text(self.type)}"

    def make_problem(self, message: str) -> Problem:
        """Return a problem of this record."""
        return Problem(*self.position, self.subject, message)


@dataclass(slots=True)
class _ParserState:
    """What an entry takes from those before it; an included file begins with a copy."""

    origin: bytes | None
    owner: bytes | None = None
    ttl: int | None = None
    """The TTL of $TTL."""
    last_ttl: int | None = None
    """The TTL that a record stated last."""

    def resolve_name(self, text: str) -> bytes:
        """Return the wire form of a name as it stands in the file (RFC 1035 5.1); raises ZoneFileError."""
        if '"' in _ESCAPE.sub("", text):
            raise ZoneFileError(f"{text} is not a name: names stand without quotes")

        if _is_absolute(text):
            name = names.from_text(text)
        elif self.origin is None:
            raise ZoneFileError(rdata_parser.NO_ORIGIN_MESSAGE)
        elif text == "@":
            return self.origin
        else:
            name = names.from_labels(names.to_labels(names.from_text(text)), self.origin)

        return name


def _is_absolute(text: str) -> bool:
    """Return whether a name is absolute: it ends with a dot that is not escaped."""
    without_dot = text.removesuffix(".")
    backslash_count = len(without_dot) - len(without_dot.rstrip("\\"))
    # An even number of backslashes are escaped themselves.
    return without_dot != text and backslash_count % 2 == 0


class _LimitExceededError(Exception):
    """A zone is so large or so wrong that its remaining entries are not read."""


class MasterFileReader:
    """Reads one zone: its file, and those that it includes; `records` and `errors` are what it read."""

    def __init__(self, include: IncludeReader) -> None:
        self.records: list[MasterRecord] = []
        self.errors: list[Problem] = []
        self._dnssec_counts: dict[str, tuple[int, int]] = {}
        """Of each file with DNSSEC records: the line of the first one, and how many there are."""
        self._include = include

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What was left out although it is right: a warning for each file."""
        return tuple(
            Problem(file, line, "", f"{count} DNSSEC records are left out: svcdns does not sign")
            for file, (line, count) in self._dnssec_counts.items()
        )

    def read(self, file: str, data: bytes, origin: bytes | None) -> None:
        """Read a zone's file; raises nothing. Relative names are below `origin`, until a $ORIGIN."""
        try:
            self._read_file(file, data, _ParserState(origin), 1)
        except _LimitExceededError as error:
            self.errors.append(Problem(file, 0, "", str(error)))

    def _read_file(self, file: str, data: bytes, state: _ParserState, depth: int) -> None:
        for entry in zone_lexer.split_entries(data):
            position = FilePosition(file, entry.line)
            if not isinstance(entry, Entry):
                self._add_error(Problem(*position, "", entry.message))
            elif entry.words[0].startswith("$"):
                try:
                    self._apply_directive(position, entry.words, state, depth)
                except (ZoneFileError, DomainNameError) as error:
                    self._add_error(Problem(*position, entry.words[0], str(error)))
            else:
                self._read_record(position, entry, state)

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
                included_origin = state.resolve_name(origin[0]) if origin else state.origin
                self._read_included(position, name, included_origin, state, depth)
            # What follows has a wrong number of words.
            case "$ORIGIN", *_:
                raise ZoneFileError("expected one name, as $ORIGIN example.org.")
            case "$TTL", *_:
                raise ZoneFileError("expected one time, as $TTL 1h")
            case "$INCLUDE", *_:
                raise ZoneFileError("expected a file and perhaps an origin, as $INCLUDE hosts.inc")
            case _:
                raise ZoneFileError("unknown directive; there are $ORIGIN, $TTL and $INCLUDE")

    def _read_included(
        self, position: FilePosition, name: str, origin: bytes | None, state: _ParserState, depth: int
    ) -> None:
        if depth >= MAX_INCLUDE_DEPTH:
            raise ZoneFileError(f"files may include one another {MAX_INCLUDE_DEPTH} deep at most")

        # A copy: the file's own $ORIGIN, $TTL and owner end with it (RFC 1035 5.1).
        included_state = _ParserState(origin, state.owner, state.ttl, state.last_ttl)
        file, data = self._include(position.file, name.strip('"'))
        self._read_file(file, data, included_state, depth + 1)

    def _read_record(self, position: FilePosition, entry: Entry, state: _ParserState) -> None:
        subject = ""
        words = iter(entry.words)
        try:
            if not entry.is_indented:
                state.owner = state.resolve_name(next(words))
            if state.owner is None:
                raise ZoneFileError("a record without an owner: the first line of a file begins with a name")

            # The subject grows with what is known, so that a message names as much as it can.
            subject = names.to_text(state.owner)
            stated_ttl, rrtype = _parse_ttl_and_type(words)
            subject += f" {rdata_parser.type_to_text(rrtype)}"
            if rdata_parser.is_dnssec_type(rrtype):
                self._leave_out_dnssec(position, stated_ttl, state)
                return

            rdata = rdata_parser.parse_rdata(rrtype, " ".join(words), state.origin)
            ttl = _effective_ttl(stated_ttl, rrtype, rdata, state)
            self._add_record(MasterRecord(position, state.owner, rrtype, ttl, rdata))
        except (ZoneFileError, DomainNameError) as error:
            self._add_error(Problem(*position, subject, str(error)))

    def _leave_out_dnssec(self, position: FilePosition, stated_ttl: int | None, state: _ParserState) -> None:
        line, count = self._dnssec_counts.get(position.file, (position.line, 0))
        self._dnssec_counts[position.file] = line, count + 1
        # A record without a TTL has the last one that was stated, also by one that is left out.
        if stated_ttl is not None:
            state.last_ttl = stated_ttl

    def _add_record(self, record: MasterRecord) -> None:
        if len(self.records) >= MAX_RECORDS:
            raise _LimitExceededError(f"more than {MAX_RECORDS} records: the rest of the zone was not read")

        self.records.append(record)


def _parse_ttl_and_type(words: Iterator[str]) -> tuple[int | None, RRType]:
    """Take TTL and class, each optional and in either order, and the type from the words of a record."""
    ttl = None
    has_class = False

    for word in words:
        is_served = _IS_CLASS_SERVED.get(word.upper())
        if ttl is None and word[0].isdigit():
            ttl = rdata_parser.parse_ttl(word)
        elif not has_class and is_served is not None:
            if not is_served:
                raise ZoneFileError(f"class {word}: only IN is served")
            has_class = True
        else:
            return ttl, rdata_parser.type_from_text(word)

    raise ZoneFileError("a record without a type, as www 300 A 192.0.2.1")


def _effective_ttl(stated_ttl: int | None, rrtype: RRType, rdata: Rdata, state: _ParserState) -> int:
    """Return the TTL of a record; the first of these that there is.

    The one that it states, that of $TTL, the last one stated (RFC 1035 5.1, RFC 2308 4), of an SOA its
    minimum, and the usual one.
    """
    if stated_ttl is not None:
        state.last_ttl = stated_ttl
        return stated_ttl

    inherited_ttl = state.last_ttl if state.ttl is None else state.ttl
    if inherited_ttl is None and rrtype == records.SOA:
        # The minimum is the last number of an SOA's data (RFC 1035 3.3.13).
        minimum = int.from_bytes(rdata.wire[-4:], "big")
        inherited_ttl = state.last_ttl = min(minimum, rdata_parser.MAX_TTL)

    return DEFAULT_TTL if inherited_ttl is None else inherited_ttl
