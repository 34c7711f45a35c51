"""Master files to records (RFC 1035 5): owners, TTLs, $ORIGIN, $TTL and $INCLUDE, each with its place.

Pure but for `include`, which the caller gives. A mistake costs one entry and is named; the reading
goes on, so that one run shows them all.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from svcdns.dns import names, records
from svcdns.dns.records import Type
from svcdns.errors import DomainNameError, ZoneFileError
from svcdns.sources.problems import Problem
from svcdns.sources.zonefiles import lexer, rdata
from svcdns.sources.zonefiles.lexer import Entry
from svcdns.sources.zonefiles.rdata import Data

MAX_DEPTH = 8
"""Files that include one another."""
MAX_RECORDS = 250_000
MAX_ERRORS = 50
USUAL_TTL = 3600
"""Seconds, where a file has said nothing of them before a record; as NSD and Knot have it."""

_ESCAPE = re.compile(r"\\.")
_CLASSES = {"IN": True, "CH": False, "CS": False, "HS": False}

Include: TypeAlias = Callable[[str, str], tuple[str, bytes]]
"""(the file that includes, the name it gives) -> the file and its bytes; raises ZoneFileError."""


class Place(NamedTuple):
    """Where a record stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class MasterRecord(NamedTuple):
    """One record of a zone file; the owner is an absolute wire name in its own case."""

    place: Place
    owner: bytes
    type: Type
    ttl: int
    data: Data

    @property
    def subject(self) -> str:
        """The record in messages."""
        return f"{names.to_text(self.owner)} {rdata.type_text(self.type)}"

    def problem(self, message: str) -> Problem:
        """Something wrong with it."""
        return Problem(*self.place, self.subject, message)


@dataclass(slots=True)
class _Scope:
    """What an entry may leave to those before it; an included file begins with a copy."""

    origin: bytes | None
    owner: bytes | None = None
    ttl: int | None = None
    last_ttl: int | None = None

    def name(self, text: str) -> bytes:
        """A name as it stands in the file (RFC 1035 5.1)."""
        if '"' in _ESCAPE.sub("", text):
            raise ZoneFileError(f"{text} is no name: a name stands without quotes")
        before = text.removesuffix(".")
        if before != text and (len(before) - len(before.rstrip("\\"))) % 2 == 0:  # the dot is no escaped one
            found = names.from_text(text)
        elif self.origin is None:
            raise ZoneFileError(rdata.NO_ORIGIN)
        elif text == "@":
            return self.origin
        else:
            found = names.from_labels(names.to_labels(names.from_text(text)), self.origin)
        if 0 in found[:-1]:
            raise ZoneFileError("a label with a zero byte is not served")
        return found


class _TooManyError(Exception):
    """The rest is not read."""


class Reader:
    """Reads one zone: its file, and those that it includes."""

    def __init__(self, include: Include) -> None:
        self.records: list[MasterRecord] = []
        self.errors: list[Problem] = []
        self._include = include

    def read(self, file: str, data: bytes, origin: bytes | None) -> None:
        """Read a zone's file whose relative names are below `origin`, until a $ORIGIN; raises nothing."""
        try:
            self._read(file, data, _Scope(origin), 1)
        except _TooManyError as error:
            self.errors.append(Problem(file, 0, "", str(error)))

    def _read(self, file: str, data: bytes, scope: _Scope, depth: int) -> None:
        for entry in lexer.entries(data):
            place = Place(file, entry.line)
            if not isinstance(entry, Entry):
                self._error(Problem(*place, "", entry.message))
            elif entry.words[0].startswith("$"):
                try:
                    self._directive(place, entry.words, scope, depth)
                except (ZoneFileError, DomainNameError) as error:
                    self._error(Problem(*place, entry.words[0], str(error)))
            else:
                self._record(place, entry, scope)

    def _error(self, problem: Problem) -> None:
        if len(self.errors) >= MAX_ERRORS:
            raise _TooManyError(f"more than {MAX_ERRORS} mistakes: the rest of the zone was not read")
        self.errors.append(problem)

    def _directive(self, place: Place, words: Sequence[str], scope: _Scope, depth: int) -> None:
        match words[0].upper(), *words[1:]:
            case "$ORIGIN", name:
                scope.origin = scope.name(name)
            case "$TTL", seconds:
                scope.ttl = rdata.ttl(seconds)
            case "$INCLUDE", name, *origin if len(origin) <= 1:
                self._included(place, name, scope.name(origin[0]) if origin else scope.origin, scope, depth)
            case "$ORIGIN", *_:
                raise ZoneFileError("wanted is one name, as $ORIGIN example.org.")
            case "$TTL", *_:
                raise ZoneFileError("wanted is one time, as $TTL 1h")
            case "$INCLUDE", *_:
                raise ZoneFileError("wanted are a file and, if need be, an origin, as $INCLUDE hosts.inc")
            case _:
                raise ZoneFileError("no such directive; there are $ORIGIN, $TTL and $INCLUDE")

    def _included(self, place: Place, name: str, origin: bytes | None, scope: _Scope, depth: int) -> None:
        """The file's own $ORIGIN and $TTL end with it (RFC 1035 5.1)."""
        if depth >= MAX_DEPTH:
            raise ZoneFileError(f"files that include one another go {MAX_DEPTH} deep at most")
        file, data = self._include(place.file, name.strip('"'))
        self._read(file, data, _Scope(origin, scope.owner, scope.ttl, scope.last_ttl), depth + 1)

    def _record(self, place: Place, entry: Entry, scope: _Scope) -> None:
        subject = ""
        words = iter(entry.words)
        try:
            if not entry.indented:
                scope.owner = scope.name(next(words))
            if scope.owner is None:
                raise ZoneFileError("a record without an owner: the first line of a file begins with a name")
            subject = names.to_text(scope.owner)
            ttl, rrtype = _head(words)
            subject += f" {rdata.type_text(rrtype)}"
            data = rdata.parse(rrtype, " ".join(words), scope.origin)
            self._add(MasterRecord(place, scope.owner, rrtype, _ttl(ttl, rrtype, data, scope), data))
        except (ZoneFileError, DomainNameError) as error:
            self._error(Problem(*place, subject, str(error)))

    def _add(self, record: MasterRecord) -> None:
        if len(self.records) >= MAX_RECORDS:
            raise _TooManyError(f"more than {MAX_RECORDS} records: the rest of the zone was not read")
        self.records.append(record)


def _head(words: Iterator[str]) -> tuple[int | None, Type]:
    """TTL and class, each there or not and in either order, and the type."""
    ttl, has_class = None, False
    for word in words:
        if ttl is None and word[0].isdigit():
            ttl = rdata.ttl(word)
        elif not has_class and (known := _CLASSES.get(word.upper())) is not None:
            if not known:
                raise ZoneFileError(f"class {word}: only IN is served")
            has_class = True
        else:
            return ttl, rdata.type_number(word)
    raise ZoneFileError("a record without a type, as www 300 A 192.0.2.1")


def _ttl(stated: int | None, rrtype: Type, data: Data, scope: _Scope) -> int:
    """The TTL stated, of $TTL, the last one stated (RFC 2308 4), of an SOA its minimum, or the usual one."""
    if stated is not None:
        scope.last_ttl = stated
        return stated
    found = scope.last_ttl if scope.ttl is None else scope.ttl
    if found is None and rrtype == records.SOA:
        found = scope.last_ttl = min(int.from_bytes(data.wire[-4:], "big"), rdata.MAX_TTL)
    return USUAL_TTL if found is None else found
