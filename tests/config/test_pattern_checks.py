"""Patterns that a name could keep busy are refused; all that are not are cheap on every name."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from svcdns.config import first_sets, regex_limits

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

BAD = [
    r"(a+)+b",
    r"(a|a)*b",
    r"(a|aa)*b",
    r"(?:a*|b)*c",
    r"(.*)-(.*)-(.*)\.x",
    r"(.*)-(.*)-[^.]*\.x",
    r"(?:a?){40}x",
    "a?" * 40 + "a" * 40,
    r"(?:(?:(?:a{1,200}){1,200}){1,200}){1,200}",
    "(ab|a|b)*c",
    "[^\u212a]*k[^\u212a]*k[^\u212a]*k[^\u212a]*kx",
    "(?:a|b|ab)*c",
]

UNKNOWN = [
    (r"(x)\1", "groupref is not for names"),
    (r"(?=x)x", "assert is not for names"),
    (r"(?<!x)x", "assert_not is not for names"),
    (r"a*+b", "possessive_repeat is not for names"),
    (r"(?>a)b", "atomic_group is not for names"),
    (r"(a)(?(1)b|c)", "groupref_exists is not for names"),
    (r"(?i:x)", "flags as"),
    (r"(?x)x", "flags as"),
    ("caf\u00e9", "it wants a character that is in no name"),
    (r"(a|\s*)x", "it wants a character that is in no name"),
    (r"(?s)x", "flags as"),
    (r"[[a]", "is no regular expression: Possible nested set"),
    (r"a{99999999999}", "is no regular expression: the repetition number is too large"),
    (r"a{3,2}", "is no regular expression"),
    ("(" * 200, "is no regular expression"),
    ("a" * 256, "has at most 255 characters"),
]


@pytest.mark.parametrize("pattern", GOOD)
def test_patterns_that_are_served(pattern):
    assert regex_limits.check_pattern(pattern).groups == re.compile(pattern).groups


@pytest.mark.parametrize("pattern", BAD)
def test_patterns_that_may_take_too_long(pattern):
    with pytest.raises(ValueError, match="may take too long on some names"):
        regex_limits.check_pattern(pattern)


@pytest.mark.parametrize(("pattern", "said"), UNKNOWN)
def test_patterns_that_cannot_be_judged(pattern, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        regex_limits.check_pattern(pattern)


@given(st.text(alphabet=r"ab.[^]{}()\*+?|-1,dbwP<>=!:#$x", max_size=30))
def test_any_text_is_a_pattern_or_a_value_error(text):
    try:
        regex_limits.check_pattern(text)
    except ValueError as raised:
        assert str(raised)


# A second matcher, as plain as can be, that counts its steps. A pattern here is text, a tuple (one
# after the other), a list (one of them), or a dict {"of": pattern, "least": n, "most": n}.

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "[^b]"])
MATCHES = {"a": "a", "b": "b", ".": "abc", "[ab]": "ab", "[^a]": "bc", "[^b]": "ac"}
TREES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(tuple),
        st.lists(inner, min_size=2, max_size=3),
        st.builds(
            lambda of, span: {"of": of, "least": span[0], "most": span[1]},
            inner,
            st.sampled_from([(0, 1), (0, 99), (1, 99), (2, 4), (0, 2)]),
        ),
    ),
    max_leaves=6,
)
LONGEST = 10


def written(tree) -> str:
    if isinstance(tree, tuple):
        return "".join(map(written, tree))
    if isinstance(tree, list):
        # In groups, so that the parser does not make one set of characters of them, as we do not.
        return "(?:" + "|".join(f"({written(branch)})" for branch in tree) + ")"
    if isinstance(tree, dict):
        return "(?:{}){{{},{}}}".format(written(tree["of"]), tree["least"], tree["most"])
    return tree


class Steps:
    def __init__(self, text: str) -> None:
        self.text, self.count = text, 0

    def ends(self, tree, at: int) -> Iterator[int]:
        """Where a match of the tree that begins at a place can end, in the order of backtracking."""
        self.count += 1
        if isinstance(tree, str):
            if self.text[at : at + 1] and self.text[at] in MATCHES[tree]:
                yield at + 1
        elif isinstance(tree, list):
            for branch in tree:
                yield from self.ends(branch, at)
        elif isinstance(tree, dict):
            yield from self.rounds(tree, at, 0)
        else:
            yield from self.parts(tree, at)

    def parts(self, tree, at: int) -> Iterator[int]:
        if not tree:
            yield at
            return
        for end in self.ends(tree[0], at):
            yield from self.parts(tree[1:], end)

    def rounds(self, tree, at: int, done: int) -> Iterator[int]:
        if done < tree["most"]:
            for end in self.ends(tree["of"], at):
                if end > at:  # as in Python, an empty round is the last one
                    yield from self.rounds(tree, end, done + 1)
        if done >= tree["least"]:
            yield at


@given(TREES, st.text(alphabet="abc", max_size=LONGEST))
def test_no_name_takes_more_steps_than_were_counted(tree, text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regex_limits, "MAX_NAME_LENGTH", LONGEST)
        patch.setattr(first_sets, "_NAME_CHARACTERS", frozenset("abc"))
        patch.setattr(regex_limits, "check_pattern", regex_limits.check_pattern.__wrapped__)
        try:
            cost = regex_limits.check_pattern(written(tree)).cost
        except ValueError:
            assume(False)
    walk = Steps(text)
    for end in walk.ends(tree, 0):
        if end == len(text):
            break
    assert walk.count <= 4 * cost + 8
