"""Names that are looked up in place of others, and the way back: the answer has the name that was asked for.

    question's name -> Rewriter -> Rewritten: look this up -> sections -> write_back -> reply

The first rule that matches counts, in the order given; of each kind only those are tried that can
match: exact and suffix rules are found by the name's labels, and never compared as text. Patterns
must be ones that `config.patterns` lets pass: they are tried on whatever name a client sends.
"""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from svcdns.dns import names, records, response
from svcdns.dns.records import Record
from svcdns.dns.rules import Rule
from svcdns.dns.wire import Sections
from svcdns.errors import DomainNameError

LONGEST_TEXT = 253
"""Characters of a name that patterns are tried on; only escapes make a valid name longer."""

_GROUP = re.compile(r"\{([0-9]+)\}")


class Rewritten(Struct, frozen=True):
    """The name to look up; the answer's names below `suffix` are put back under `instead_of`."""

    name: bytes
    suffix: bytes | None = None
    instead_of: bytes = names.ROOT


class Rewriter:
    """Rules, ready for use; raises DomainNameError and re.error where they were not checked before."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._exact: dict[bytes, tuple[int, bytes]] = {}
        self._suffixes: dict[bytes, tuple[int, bytes]] = {}
        self._patterns: list[tuple[int, re.Pattern[str], str]] = []
        for number, rule in enumerate(rules):
            if rule.kind == "regex":
                pattern = re.compile(rule.source, re.IGNORECASE | re.ASCII)
                self._patterns.append((number, pattern, rule.target))
                continue
            by_source = self._exact if rule.kind == "exact" else self._suffixes
            source, target = (names.from_text(text).lower() for text in (rule.source, rule.target))
            by_source.setdefault(source, (number, target))

    def rewrite(self, name: bytes) -> Rewritten | None:
        """What to look up for a folded wire name; None where it stays as it is."""
        first, made = self._by_labels(name)
        if self._patterns:
            made = self._by_pattern(name, first) or made
        return None if made is None or made.name == name or len(made.name) > names.MAX_NAME else made

    def _by_labels(self, name: bytes) -> tuple[int, Rewritten | None]:
        """The first exact or suffix rule that matches, and what it makes."""
        first, made = 1 << 30, None
        if name in self._exact:
            first, target = self._exact[name]
            made = Rewritten(target)
        for suffix in names.suffixes(name) if self._suffixes else ():
            number, target = self._suffixes.get(suffix, (first, b""))
            if number < first:
                first = number
                made = Rewritten(name[: len(name) - len(suffix)] + target, target, suffix)
        return first, made

    def _by_pattern(self, name: bytes, before: int) -> Rewritten | None:
        """What the first pattern makes that matches and stands before that rule."""
        text = names.to_text(name)[:-1]
        if len(text) > LONGEST_TEXT:
            return None
        for number, pattern, target in self._patterns:
            if number > before:
                break
            if found := pattern.fullmatch(text):
                return _filled(found, target, name)
        return None


def _filled(found: re.Match[str], target: str, name: bytes) -> Rewritten:
    """The target with the pattern's groups; the name itself where that is no valid one."""
    filled = _GROUP.sub(lambda group: found[int(group[1])] or "", target)
    try:
        return Rewritten(names.from_text(filled).lower())
    except DomainNameError:
        return Rewritten(name)


def write_back(sections: Sections, original: bytes, rewritten: Rewritten) -> Sections:
    """The records under the names that the client knows; `original` is the name that it asked for."""

    def back(name: bytes) -> bytes:
        folded = name.lower()
        if folded == rewritten.name:
            return original
        if rewritten.suffix is None or not names.is_below(folded, rewritten.suffix):
            return name
        moved = name[: len(name) - len(rewritten.suffix)] + rewritten.instead_of
        return moved if len(moved) <= names.MAX_NAME else name

    def restore(found: list[Record]) -> list[Record]:
        return [replace(record, owner=back(record.owner), rdata=rdata(record)) for record in found]

    def rdata(record: Record) -> bytes:
        return record.rdata if rewritten.suffix is None else _with_names(record, back)

    answer, authority, additional = map(restore, (sections.answer, sections.authority, sections.additional))
    absent = next((record.rdata for record in reversed(answer) if record.type == records.CNAME), original)
    return Sections(answer, [_above(absent, record, rewritten) for record in authority], additional)


def _above(absent: bytes, record: Record, rewritten: Rewritten) -> Record:
    """An SOA is of use at or above the name that it denies (RFC 2308 5): else it gets an owner that is."""
    folded = absent.lower()
    if record.type != records.SOA or names.is_below(folded, record.owner.lower()):
        return record
    is_moved = rewritten.suffix is not None and names.is_below(folded, rewritten.instead_of)
    return replace(record, owner=rewritten.instead_of if is_moved else absent)


def _with_names(record: Record, back: Callable[[bytes], bytes]) -> bytes:
    """The RDATA, with each of its names as `back` makes it."""
    at, count = response.NAMES_AT.get(record.type, (0, 0))
    parts = [record.rdata[:at]]
    for _ in range(count):
        name, at = response.read_name(record.rdata, at)
        parts.append(back(name))
    return b"".join([*parts, record.rdata[at:]])
