"""Patterns of RE2 are served if their programs are within the bounds; all others say what is wrong."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.config import pattern_checks
from svcdns.name_patterns import NamePattern

GOOD = [
    r"(.*)\.old\.corp",
    r"([^.]+)\.([^.]+)\.([^.]+)\.([^.]+)\.old",
    r"(.+)\.(.+)\.(corp|old|new)",
    r"(?:[^.]+\.)*(web|db)\.x",
    r"(.*\.)?svc\.(cluster|old)\.local",
    r"^\w+-\d+\.([a-z0-9-]+)\.x$",
    r"(?P<name>a|ab)(c|bcd)(d*)x",
    r"a{2,3}?b",
    "(" * 100 + "a" + ")" * 100,
    "",
]

BACKTRACKING = [
    # pattern, a name that matches, and one that would keep a backtracking engine busy
    (r"(a+)+b", "aab", "a" * 253),
    (r"(a|a)*b", "aab", "a" * 253),
    (r"(a|aa)*b", "aab", "a" * 253),
    (r"(?:a*|b)*c", "abac", "a" * 253),
    (r"(.*)-(.*)-(.*)\.x", "a-b-c.x", "-" * 253),
    (r"(.*)-(.*)-[^.]*\.x", "a-b-c.x", "-" * 253),
    (r"(?:a?){40}x", "aax", "a" * 253),
    ("a?" * 40 + "a" * 40, "a" * 60, "a" * 39),
    ("(ab|a|b)*c", "abac", "ab" * 126),
    ("(?:a|b|ab)*c", "abac", "ab" * 126),
    (r"(?i:x)", "X", "y"),
    (r"(a|\s*)x", "ax", "a" * 253),
    (r"(?s)x", "x", "y"),
    (r"[[a]", "a", "b"),
]

TOO_LARGE = ["(a{0,10}){0,100}", "a{1,999}b", "(?:[^.]{1,60}\\.){1,16}x"]

MISTAKES = [
    (r"(x)\1", "without look-ahead, look-behind and back-references"),
    (r"(?P<a>x)(?P=a)", "without look-ahead, look-behind and back-references"),
    (r"(?=x)x", "invalid perl operator: (?=. As in CoreDNS, the syntax is RE2's"),
    (r"(?<!x)x", "invalid perl operator: (?<!. As in CoreDNS, the syntax is RE2's"),
    (r"a*+b", "bad repetition operator: *+"),
    (r"(?>a)b", "invalid perl operator: (?>"),
    (r"(a)(?(1)b|c)", "invalid perl operator: (?("),
    (r"(?x)x", "invalid perl operator: (?x"),
    ("caf\u00e9", "it has a character that is in no name"),
    ("[^\u212a]*k", "it has a character that is in no name"),
    (r"a{99999999999}", "a repeat is written as {2}, {2,} or {0,2}"),
    (r"a{,3}b", "a repeat is written as {2}, {2,} or {0,2}"),
    (r"a{1,1001}b", "is no regular expression: invalid repetition size: {1,1001}"),
    (r"(?:(?:(?:a{1,200}){1,200}){1,200}){1,200}", "is no regular expression: invalid repetition size"),
    (r"a{3,2}", "is no regular expression: invalid repetition size"),
    (r"a\Z", r"is no regular expression: invalid escape sequence: \Z"),
    ("(" * 200, "is no regular expression: missing )"),
    ("a" * 256, "has at most 255 characters"),
]


@pytest.mark.parametrize("pattern", GOOD)
def test_patterns_that_are_served(pattern: str) -> None:
    assert pattern_checks.check_pattern(pattern).groups == re.compile(pattern).groups


@pytest.mark.parametrize(("pattern", "match", "hostile"), BACKTRACKING)
def test_patterns_that_only_a_linear_engine_takes(pattern: str, match: str, hostile: str) -> None:
    """With backtracking most of these would take years on the last name, and this test would time out."""
    assert pattern_checks.check_pattern(pattern).program_size < 200
    compiled = NamePattern(pattern)
    assert compiled.match_groups(match) is not None
    assert compiled.match_groups(hostile) is None


@pytest.mark.parametrize("pattern", TOO_LARGE)
def test_patterns_whose_program_is_too_large(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"may take too long on some names.*at most 1000 are allowed"):
        pattern_checks.check_pattern(pattern)


@pytest.mark.parametrize(("pattern", "reason"), MISTAKES)
def test_patterns_that_are_none_of_re2(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        pattern_checks.check_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"a\{,3}b", "a[{]b", r"a\x{2d}b", r"[\]{]"])
def test_a_brace_may_be_written(pattern: str) -> None:
    assert pattern_checks.check_pattern(pattern)


def test_a_thousand_usual_patterns_go_together() -> None:
    usual = [rf"([^.]+)\.db{number}\.corp{number}\.example" for number in range(1000)]
    pattern_checks.check_together(usual)

    with pytest.raises(ValueError, match="all patterns together would take too long on some names"):
        pattern_checks.check_together(usual * 2)


@given(st.text(alphabet=r"ab.[^]{}()\*+?|-1,dbwPQEx<>=!:#$é", max_size=30))
def test_any_text_is_a_pattern_or_a_value_error(text: str) -> None:
    try:
        pattern_checks.check_pattern(text)
    except ValueError as raised:
        assert str(raised)


# Patterns as trees, of which it is plain what they end with.
ATOMS = st.sampled_from(["a", r"\.", "[.]", "[.a]", ".", "$", "", r"\\"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: "(" + "|".join(parts) + ")"),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+?", "?", "{0,2}", "{1,3}"])),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text(alphabet="a.\\", max_size=5))
def test_what_ends_with_a_dot_matches_no_name_without_one(pattern: str, name: str) -> None:
    if pattern_checks.ends_with_dot(pattern):
        assert NamePattern(pattern).match_groups(name.rstrip(".")) is None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"a\.", True),
        (r"(a[.])+$", True),
        (r"(?P<x>a\.|(?i)b\x2e)", True),
        (r"(a\.){2}", True),
        (r"a\.|b", False),
        (r"b|a\.", False),
        (r"(a\.)*", False),
        (r"a\.{0,3}", False),
        (r"a\\.", False),
        (r"a[^.]", False),
        ("", False),
    ],
)
def test_whether_a_pattern_ends_with_a_dot(pattern: str, expected: bool) -> None:
    assert pattern_checks.ends_with_dot(pattern) is expected
