r"""Parses rules that rewrite names before they are looked up: `KIND FROM TO`.

    exact old.example.com new.example.org           this name alone
    suffix corp.example svc.cluster.local           the name and all below it
    regex ([^.]+)\.db\.corp {1}.backend.svc.cluster.local   the whole name, with its last dot or without

Pure; `dns.answer.rewrite` applies them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from svcdns import name_patterns, value_types
from svcdns.config import forward_entries, pattern_checks

RuleKind: TypeAlias = Literal["exact", "suffix", "regex"]

MAX_RULES = 1000

_MATCH_ALL_PATTERNS = (".*", "(.*)", "^.*$", "^(.*)$")

_GROUP_REFERENCE = re.compile(r"\{([0-9]{1,2})\}")
_TRAILING_DOT = re.compile(r"(?<!\\)((?:\\\\)*)\\\.\$?\Z")
r"""As `\.` at a pattern's end: names are matched without their last dot, those of CoreDNS with it."""


@dataclass(frozen=True, slots=True)
class RewriteRule:
    """One rule. `source` is a domain name or a pattern; `target` is a domain name, perhaps with `{1}`."""

    kind: RuleKind
    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.kind} {self.source} {self.target}"


def parse_rule(text: str) -> RewriteRule:
    """Read one rule. The ValueError that it raises says what would be right."""
    words = text.split()
    if len(words) != 3 or words[0] not in get_args(RuleKind):
        raise ValueError(
            f"{text!r} is no rule as `exact FROM TO`, `suffix FROM TO` or `regex PATTERN TO`, in three words"
        )

    kind, source, target = words
    if kind == "regex":
        return _parse_pattern_rule(source, target)

    rule = RewriteRule(
        "exact" if kind == "exact" else "suffix",
        value_types.parse_domain(source),
        value_types.parse_domain(target),
    )
    if rule.source == rule.target:
        raise ValueError(f"{text!r} leaves each name as it is")

    return rule


def _parse_pattern_rule(source: str, target: str) -> RewriteRule:
    # Users of CoreDNS write the last dot, which names here do not have.
    source = _TRAILING_DOT.sub(r"\1", source)
    groups = pattern_checks.check_pattern(source).groups
    if pattern_checks.ends_with_dot(source):
        raise ValueError(f"{source!r} matches no name: leave the last dot out, names are tried without it")

    for number in map(int, _GROUP_REFERENCE.findall(target)):
        if not 1 <= number <= groups:
            raise ValueError(f"{target!r}: {{{number}}} is no group of the pattern, which has {groups}")

    # The target must be a domain name whatever the groups hold; `x` stands for them.
    sample = _GROUP_REFERENCE.sub("x", target)
    if "\\" in sample or "{" in sample:
        raise ValueError(f"{target!r}: a group of the pattern is written as {{1}}")

    value_types.parse_domain(sample)

    return RewriteRule("regex", source, target.lower())


def find_shadowed(rules: Sequence[RewriteRule]) -> Iterator[tuple[RewriteRule, RewriteRule]]:
    """Each rule that never applies, with the earlier rule that matches every name it would match.

    Of patterns, only those are found that match every name, or the one name of a later exact rule.
    """
    for number, rule in enumerate(rules):
        before = next((earlier for earlier in rules[:number] if _covers(earlier, rule)), None)
        if before is not None:
            yield rule, before


def _covers(rule: RewriteRule, later: RewriteRule) -> bool:
    if rule.kind == "regex" and rule.source not in _MATCH_ALL_PATTERNS:
        is_name = later.kind == "exact"
        return is_name and name_patterns.NamePattern(rule.source).match_groups(later.source) is not None

    if rule.kind == "exact":
        return later.kind == "exact" and later.source == rule.source

    # A pattern that gets here matches every name, as the suffix of the root does.
    suffix = rule.source if rule.kind == "suffix" else "."

    return suffix == "." or (later.kind != "regex" and forward_entries.is_below(later.source, suffix))


def check_rules(rules: Sequence[RewriteRule]) -> None:
    """Raise ValueError if these rules are too many, or their patterns too large together."""
    if len(rules) > MAX_RULES:
        raise ValueError(f"{len(rules)} rules are too many: at most {MAX_RULES}")
    pattern_checks.check_together([rule.source for rule in rules if rule.kind == "regex"])
