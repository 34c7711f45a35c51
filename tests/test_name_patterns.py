"""Patterns match whole names, in any case, and of several the first one counts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.name_patterns import NamePattern, PatternSet


def test_a_match_is_of_the_whole_name_in_any_case() -> None:
    pattern = NamePattern(r"([^.]+)\.DB(x)?")
    assert pattern.match_groups("Web.db") == ("Web", "")
    assert pattern.match_groups("web.db.") is None
    assert pattern.match_groups("a.web.db") is None
    assert pattern.groups == 2


@pytest.mark.parametrize("source", ["(", r"(a)\1", "(?=a)", "caf\u00e9"])
def test_what_is_no_pattern(source: str) -> None:
    with pytest.raises(ValueError):
        NamePattern(source)


def test_patterns_that_one_automaton_cannot_hold() -> None:
    with pytest.raises(ValueError):
        PatternSet(["(a{0,10}){0,100}"] * 400)


SOURCES = st.lists(
    st.sampled_from([r"(.*)\.x", "(a|ab)(b?)", r"a\.(.*)b", "b+", "[^.]+", "x|(x.*)", "", "(a*)(a*)"]),
    min_size=1,
    max_size=5,
)


@given(SOURCES, st.text(alphabet="abx.", max_size=8))
def test_the_first_that_matches_counts(sources: list[str], name: str) -> None:
    """Compared with Python's own engine, one pattern after the other."""
    matches = ((number, re.fullmatch(source, name)) for number, source in enumerate(sources))
    expected = next(((number, match.groups("")) for number, match in matches if match), None)
    assert PatternSet(sources).first_match(name) == expected


def test_a_thousand_patterns() -> None:
    patterns = PatternSet([rf"([^.]+)\.db{number}\.corp" for number in range(1000)])
    assert patterns.first_match("web.db999.corp") == (999, ("web",))
    assert patterns.first_match("web.db1000.corp") is None
