"""Names that are looked up in place of others, and the way back: the answer has the name that was asked for.

    question's name -> Rewriter -> Rewritten: look this up -> sections -> restore_names -> reply

The first rule that matches counts, in the order given; of each kind only those are tried that can
match: exact and suffix rules are found by the name's labels, and never compared as text. Patterns
are tried all at once, on whatever name a client sends: `config.pattern_checks` bounds their size.
"""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from svcdns.dns.answer.block_rules import Rule
from svcdns.dns.wire import names, records, response
from svcdns.dns.wire.messages import Sections
from svcdns.dns.wire.records import Record
from svcdns.errors import DomainNameError
from svcdns.name_patterns import PatternSet

MAX_PATTERN_TEXT = 253
"""Characters of a name that patterns are tried on; only escapes make a valid name longer."""

_TYPES_WITH_GLUE = (records.SRV, records.MX, records.NS)
_GROUP_REFERENCE = re.compile(r"\{([0-9]+)\}")


class Rewritten(Struct, frozen=True):
    """The name to look up; the answer's names below `target_suffix` get `source_suffix` in its place."""

    name: bytes
    target_suffix: bytes | None = None
    source_suffix: bytes = names.ROOT


class Rewriter:
    """Rules, ready for use.

    Raises DomainNameError and ValueError for names and patterns that were not checked before.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._exact: dict[bytes, tuple[int, bytes]] = {}
        self._suffixes: dict[bytes, tuple[int, bytes]] = {}
        self._pattern_targets: list[tuple[int, str]] = []
        """Of each pattern: its rule's number, and what it makes."""
        for number, rule in enumerate(rules):
            if rule.kind == "regex":
                self._pattern_targets.append((number, rule.target))
                continue
            by_source = self._exact if rule.kind == "exact" else self._suffixes
            source, target = (names.from_text(text).lower() for text in (rule.source, rule.target))
            by_source.setdefault(source, (number, target))

        sources = [rule.source for rule in rules if rule.kind == "regex"]
        self._patterns = PatternSet(sources) if sources else None

    def rewrite(self, name: bytes) -> Rewritten | None:
        """What to look up for a folded wire name; None where it stays as it is."""
        rule_number, rewritten = self._match_labels(name)
        if self._patterns is not None:
            rewritten = self._match_patterns(self._patterns, name, rule_number) or rewritten

        if rewritten is None or rewritten.name == name or len(rewritten.name) > names.MAX_NAME_LENGTH:
            return None
        return rewritten

    def _match_labels(self, name: bytes) -> tuple[int, Rewritten | None]:
        """The number of the first exact or suffix rule that matches, and what it makes."""
        first_number = 1 << 30  # behind every rule: any pattern may match
        rewritten = None
        if name in self._exact:
            first_number, target = self._exact[name]
            rewritten = Rewritten(target)

        for suffix in names.suffixes(name) if self._suffixes else ():
            number, target = self._suffixes.get(suffix, (first_number, b""))
            if number < first_number:
                first_number = number
                rewritten = Rewritten(name[: len(name) - len(suffix)] + target, target, suffix)
        return first_number, rewritten

    def _match_patterns(self, patterns: PatternSet, name: bytes, rule_number: int) -> Rewritten | None:
        """What the first matching pattern makes, if its rule stands before this one."""
        text = names.to_text(name)[:-1]
        if len(text) > MAX_PATTERN_TEXT:
            return None

        match = patterns.first_match(text)
        if match is None:
            return None

        pattern_number, groups = match
        own_number, target = self._pattern_targets[pattern_number]
        return None if own_number > rule_number else _expand_groups(groups, target, name)


def _expand_groups(groups: Sequence[str], target: str, name: bytes) -> Rewritten:
    """The target with the pattern's groups; the name itself where that is no valid one."""
    filled = _GROUP_REFERENCE.sub(lambda reference: groups[int(reference[1]) - 1], target)
    try:
        return Rewritten(names.from_text(filled).lower())
    except DomainNameError:
        return Rewritten(name)


def restore_names(sections: Sections, qname: bytes, rewritten: Rewritten) -> Sections:
    """The records under the names that the client knows; `qname` is the folded name that it asked for."""

    def map_name(name: bytes) -> bytes:
        folded = name.lower()
        if folded == rewritten.name:
            return qname
        if rewritten.target_suffix is None or not names.is_subdomain(folded, rewritten.target_suffix):
            return name

        moved = name[: len(name) - len(rewritten.target_suffix)] + rewritten.source_suffix
        return moved if len(moved) <= names.MAX_NAME_LENGTH else name

    def restore(section: list[Record]) -> list[Record]:
        return [replace(record, owner=map_name(record.owner), rdata=map_rdata(record)) for record in section]

    def map_rdata(record: Record) -> bytes:
        return record.rdata if rewritten.target_suffix is None else _map_rdata_names(record, map_name)

    answer, authority = map(restore, (sections.answer, sections.authority))

    # Glue is named as its target is, which stays as it was where RDATA is not mapped.
    targets = {target.lower() for target in map(_glue_target, answer) if target}
    is_glue_mapped = [record.owner.lower() not in targets for record in sections.additional]
    additional = [
        restored if is_mapped else record
        for record, restored, is_mapped in zip(
            sections.additional, restore(sections.additional), is_glue_mapped, strict=True
        )
    ]

    # A negative answer denies what the last CNAME leads to.
    denied_name = next((record.rdata for record in reversed(answer) if record.type == records.CNAME), qname)
    authority = [_move_soa_owner(denied_name, record, rewritten) for record in authority]
    return Sections(answer, authority, additional, sections.needed_additional)


def _glue_target(record: Record) -> bytes | None:
    """The name whose addresses go with the record; None where there is none."""
    if record.type in (records.SVCB, records.HTTPS):
        return records.service_target(record.owner, record.rdata)
    return records.rdata_target(record.type, record.rdata) if record.type in _TYPES_WITH_GLUE else None


def _move_soa_owner(denied_name: bytes, record: Record, rewritten: Rewritten) -> Record:
    """An SOA is of use at or above the name that it denies (RFC 2308 5): else it gets an owner that is."""
    folded = denied_name.lower()
    if record.type != records.SOA or names.is_subdomain(folded, record.owner.lower()):
        return record

    is_moved = rewritten.target_suffix is not None and names.is_subdomain(folded, rewritten.source_suffix)
    return replace(record, owner=rewritten.source_suffix if is_moved else denied_name)


def _map_rdata_names(record: Record, map_name: Callable[[bytes], bytes]) -> bytes:
    """The RDATA, with each of its names as `map_name` makes it."""
    at, count = response.RDATA_NAMES.get(record.type, (0, 0))
    parts = [record.rdata[:at]]
    for _ in range(count):
        name, at = response.read_name(record.rdata, at)
        parts.append(map_name(name))

    return b"".join([*parts, record.rdata[at:]])
