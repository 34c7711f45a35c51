"""Patterns find in a name here what they find in CoreDNS, where names end with a dot and a part may match."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.config.corefile import rewriting

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
NAMES = st.lists(st.text("abx", min_size=1, max_size=3), min_size=2, max_size=4).map(".".join)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(NAMES)
def test_the_same_names_match_with_the_same_groups(pattern, name):
    theirs = re.search(pattern, f"{name}.")
    ours = re.fullmatch(rewriting._pattern(pattern), name)
    assert bool(theirs) == bool(ours)
    if theirs and ours:
        assert all(a in (b, f"{b}.") for a, b in zip(theirs.groups(), ours.groups(), strict=True))
