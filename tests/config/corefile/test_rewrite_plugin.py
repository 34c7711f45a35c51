"""Patterns find in a name here what they find in CoreDNS, where names end with a dot and a part may match."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.config.corefile import rewrite_plugin

PATTERNS = [
    r"(.*)\.a\.b",
    r"^(.*)\.a\.b\.$",
    r"(.*)\.a\.b\.",
    r"(a+)\.b",
    r"^a\.(b*)",
    r"([ab]+)\.(b|a)[.]$",
    r"(.*).a.b.",
    r"^(a|b)\.",
    r"b\.?$",
    r"b.$",
    r"(.*)",
    r"^(.*)$",
    r"(.+)\.b(.*)",
    r"[^.]\.([^.]+)",
    r"a[|.]b",
]
DOT_IN_A_GROUP = [
    r"(.*\.a\.)",
    r"(.*\.a\.)$",
    r"(.*\.a\.$)",
    r"^(.*)\.(a\.b\.)$",
    r"(.*)\.((a)\.)",
    r"(.*)\.(a\.|b\.)$",
    r"a(?:\.)$",
    r"a(\.){1}$",
]
"""They match in CoreDNS, and would never do so here."""
NAMES = st.lists(st.text("abx", min_size=1, max_size=3), min_size=2, max_size=4).map(".".join)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(NAMES)
def test_the_same_names_match_with_the_same_groups(pattern, name):
    theirs = re.search(pattern, f"{name}.")
    ours = re.fullmatch(rewrite_plugin._anchor_pattern(pattern), name)
    assert bool(theirs) == bool(ours)
    if theirs and ours:
        assert all(a in (b, f"{b}.") for a, b in zip(theirs.groups(), ours.groups(), strict=True))


@pytest.mark.parametrize("pattern", DOT_IN_A_GROUP)
def test_the_last_dot_stands_outside_of_groups(pattern):
    with pytest.raises(ValueError, match=r"the last dot stands within a group: write it behind"):
        rewrite_plugin._anchor_pattern(pattern)


def test_what_is_to_be_written_matches_the_same_names():
    for name in ("x.a", "x.a.b", "a", "x.b"):
        theirs = re.search(r"(.+\.a\.)$", f"{name}.")
        ours = re.fullmatch(rewrite_plugin._anchor_pattern(r"(.+\.a)\.$"), name)
        assert (theirs and theirs[1]) == (ours and f"{ours[1]}.")
