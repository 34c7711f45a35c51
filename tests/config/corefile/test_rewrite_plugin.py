"""Patterns find in a name here what they find in CoreDNS, where names end with a dot and a part may match."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from svcdns.config.corefile import rewrite_plugin
from svcdns.name_patterns import NamePattern

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
def test_the_same_names_match_with_the_same_groups(pattern: str, name: str) -> None:
    theirs = re2.search(pattern, f"{name}.")
    ours = NamePattern(rewrite_plugin._anchor_pattern(pattern)).match_groups(name)
    assert (theirs is None) == (ours is None)
    if theirs is not None and ours is not None:
        assert all(a in (b, f"{b}.") for a, b in zip(theirs.groups(""), ours, strict=True))


@pytest.mark.parametrize("pattern", DOT_IN_A_GROUP)
def test_the_last_dot_stands_outside_of_groups(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"the last dot stands within a group: write it behind"):
        rewrite_plugin._anchor_pattern(pattern)


def test_what_is_to_be_written_matches_the_same_names() -> None:
    for name in ("x.a", "x.a.b", "a", "x.b"):
        theirs = re2.search(r"(.+\.a\.)$", f"{name}.")
        ours = NamePattern(rewrite_plugin._anchor_pattern(r"(.+\.a)\.$")).match_groups(name)
        assert (theirs and theirs[1]) == (ours and f"{ours[0]}.")
