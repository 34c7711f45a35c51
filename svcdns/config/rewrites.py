r"""Rules by which names are rewritten before they are looked up, read from text: `KIND FROM TO`.

    exact old.example.com new.example.org           this name alone
    suffix corp.example svc.cluster.local           the name and all below it
    regex ([^.]+)\.db\.corp {1}.backend.svc.cluster.local   the whole name, with its last dot or without

Pure; `dns.rewrite` applies them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from svcdns.config import forwards, patterns

Kind: TypeAlias = Literal["exact", "suffix", "regex"]

MAX_RULES = 1000

_EVERY_NAME = (".*", "(.*)", "^.*$", "^(.*)$")

_GROUP = re.compile(r"\{([0-9]{1,2})\}")
_LAST_DOT = re.compile(r"(?<!\\)((?:\\\\)*)\\\.\$?\Z")
r"""As `\.` at a pattern's end: names are matched without their last dot, those of CoreDNS with it."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One rule; `source` is a domain name or a pattern, `target` a domain name, perhaps with `{1}`."""

    kind: Kind
    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.kind} {self.source} {self.target}"


def rewrite(text: str) -> Rewrite:
    """Read one rule; raises ValueError with what would be right."""
    words = text.split()
    if len(words) != 3 or words[0] not in get_args(Kind):
        raise ValueError(
            f"{text!r} is no rule as `exact FROM TO`, `suffix FROM TO` or `regex PATTERN TO`, in three words"
        )
    kind, source, target = words
    if kind == "regex":
        return _pattern_rule(source, target)
    made = Rewrite("exact" if kind == "exact" else "suffix", forwards.domain(source), forwards.domain(target))
    if made.source == made.target:
        raise ValueError(f"{text!r} leaves each name as it is")
    return made


def _pattern_rule(source: str, target: str) -> Rewrite:
    source = _LAST_DOT.sub(r"\1", source)
    groups = patterns.check(source).groups
    if patterns.ends_with_dot(source):
        raise ValueError(f"{source!r} matches no name: leave the last dot out, names are tried without it")
    for number in map(int, _GROUP.findall(target)):
        if not 1 <= number <= groups:
            raise ValueError(f"{target!r}: {{{number}}} is no group of the pattern, which has {groups}")
    sample = _GROUP.sub("x", target)
    if "\\" in sample or "{" in sample:
        raise ValueError(f"{target!r}: a group of the pattern is written as {{1}}")
    forwards.domain(sample)
    return Rewrite("regex", source, target.lower())


def shadowed(rules: Sequence[Rewrite]) -> Iterator[tuple[Rewrite, Rewrite]]:
    """Each rule that never counts, and the one before it that matches all that it would.

    Of patterns only those are found that match every name, or the one name of a later rule.
    """
    for number, rule in enumerate(rules):
        before = next((other for other in rules[:number] if _matches_all_of(other, rule)), None)
        if before is not None:
            yield rule, before


def _matches_all_of(rule: Rewrite, later: Rewrite) -> bool:
    if rule.kind == "regex" and rule.source not in _EVERY_NAME:
        is_name = later.kind == "exact"
        return is_name and re.fullmatch(rule.source, later.source, patterns.FLAGS) is not None
    if rule.kind == "exact":
        return later.kind == "exact" and later.source == rule.source
    suffix = rule.source if rule.kind == "suffix" else "."
    return suffix == "." or (later.kind != "regex" and forwards.is_below(later.source, suffix))


def check_all(rules: Sequence[Rewrite]) -> None:
    """Whether so many rules can be served; raises ValueError."""
    if len(rules) > MAX_RULES:
        raise ValueError(f"{len(rules)} rules are too many: at most {MAX_RULES}")
    steps = sum(patterns.check(rule.source).cost for rule in rules if rule.kind == "regex")
    if steps > patterns.MAX_COST:
        raise ValueError(
            "all patterns together would take too long on some names: write exact and suffix rules where "
            "they do, and [^.]+ instead of .*"
        )
