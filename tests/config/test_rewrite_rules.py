"""Rewrite rules as text, and which of them never apply."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.config import rewrite_rules
from tests.config.loading import error, load


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"(.*)\.example\.com\.", r"(.*)\.example\.com"),
        (r"^(.*)\.example\.com\.$", r"^(.*)\.example\.com"),
        (r"a\\\.", r"a\\"),
        (r"a\\.", r"a\\."),
        (r"(.*)\.example\.com$", r"(.*)\.example\.com$"),
    ],
)
def test_a_pattern_may_have_the_last_dot(written: str, read: str) -> None:
    """CoreDNS's users write it."""
    assert rewrite_rules.parse_rule(f"regex {written} b.").source == read


@pytest.mark.parametrize("pattern", [r"a(\.|b\.)", r"(a[.])+", r"(a\.){2}", "[.]$"])
def test_a_pattern_that_matches_no_name(pattern: str) -> None:
    assert "matches no name" in error(rewrite=[f"regex {pattern} b"])


@pytest.mark.parametrize("pattern", [r"a\.?", r"(a\.)*", r"a(\.|b)", "a.", "^$"])
def test_a_pattern_that_may_end_otherwise(pattern: str) -> None:
    assert load(rewrite=[f"regex {pattern} b"]).rewrite


SHADOWED = [
    ("exact a b", "exact a c"),
    ("suffix a b", "suffix x.a c"),
    ("suffix a b", "exact a c"),
    ("suffix . a", "regex x b"),
    ("regex .* a", "suffix x b"),
    (r"regex [^.]+\.k a", "exact ok.k b"),
]


APART = [
    ("exact a b", "suffix a c"),
    ("exact a b", "exact c b"),
    ("suffix x.a b", "suffix a c"),
    ("suffix a b", "exact xa c"),
    ("suffix a b", "regex x b"),
    (r"regex [^.]+\.k a", "suffix ok.k b"),
]


@pytest.mark.parametrize("given", [*SHADOWED, *APART])
def test_rules_that_never_count(given: tuple[str, str]) -> None:
    first, second = map(rewrite_rules.parse_rule, given)
    wanted = [(second, first)] if given in SHADOWED else []
    assert (
        list(rewrite_rules.find_shadowed([rewrite_rules.parse_rule("exact zz y"), first, second])) == wanted
    )


def test_too_many_rules() -> None:
    rules = [f"exact a{n} b" for n in range(1001)]
    assert error(rewrite=rules) == "--rewrite: 1001 rules are too many: at most 1000"


def test_patterns_that_take_too_long_together() -> None:
    rules = [rf"regex ([^.]{{1,60}})\.x{n} a" for n in range(300)]
    assert error(rewrite=rules).startswith(
        "--rewrite: all patterns together would take too long on some names"
    )
    assert len(load(rewrite=[rf"regex ([^.]+)\.x{n} a" for n in range(900)]).rewrite) == 900


@given(
    st.sampled_from(get_args(rewrite_rules.RuleKind)),
    st.text(alphabet=r"a.[^]{}()\*+?|-1,d\bP<>=!:#$x", max_size=20),
    st.text(alphabet="a.{}1-\\", max_size=12),
)
def test_any_rule_is_one_or_a_value_error(kind: str, source: str, target: str) -> None:
    try:
        found = rewrite_rules.parse_rule(f"{kind} {source} {target}")
    except ValueError as raised:
        assert str(raised)
    else:
        assert rewrite_rules.parse_rule(str(found)) == found
