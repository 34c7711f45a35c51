"""A bound on nesting: what is within it is read as without one; what is beyond it ends the reading there."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from svcdns import bounded_yaml
from svcdns.bounded_yaml import NestingError

DEPTH = 8

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("[[[[{{{{- - ")
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


@given(VALUES, st.booleans())
def test_the_bound_is_the_depth_of_the_value(value: Any, flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow).encode()
    bounded_yaml.check_depth(text, depth_of(value))
    if depth_of(value):
        with pytest.raises(NestingError):
            bounded_yaml.check_depth(text, depth_of(value) - 1)


@given(VALUES)
def test_events_are_those_of_the_library(value: Any) -> None:
    text = yaml.safe_dump_all([value, value]).encode()
    loader = bounded_yaml.LOADER(text)
    ours = [repr(event) for event in bounded_yaml.bounded_events(loader, 100)]
    assert ours == [repr(event) for event in yaml.parse(text, Loader=bounded_yaml.LOADER)]


@pytest.mark.parametrize(
    "level",
    [
        "[",
        "[ ",
        "[\n",
        "[ # comment\n",
        "['a', ",
        '["]", ',
        "{a: ",
        "{a: 1, b: ",
        "{? ",
        "- ",
        "? ",
        "[&a ",
        "[!!seq ",
    ],
)
def test_each_kind_of_level_counts(level: str) -> None:
    """30,000 of them end the process where values are composed."""
    with pytest.raises(NestingError) as raised:
        bounded_yaml.check_depth(("\n" + level * 30_000).encode(), DEPTH)
    line = 2 + DEPTH * level.count("\n")
    assert str(raised.value) == f"line {line}: nested more than {DEPTH} levels deep"


def test_indentation_counts() -> None:
    lines = [f"{' ' * level}a:" for level in range(DEPTH + 1)]
    bounded_yaml.check_depth("\n".join(lines[:-1]).encode(), DEPTH)
    with pytest.raises(NestingError, match=f"line {DEPTH + 1}: "):
        bounded_yaml.check_depth("\n".join(lines).encode(), DEPTH)


@pytest.mark.parametrize(
    "text",
    ["a: |\n  " + "[" * 30_000, "a: '" + "[" * 30_000 + "'", "a: 1 # " + "[" * 30_000, "a: b" + "[" * 900],
)
def test_brackets_within_a_text_are_no_levels(text: str) -> None:
    bounded_yaml.check_depth(text.encode(), 1)


@given(st.binary(max_size=60) | st.text(alphabet="[]{}-?:,&*a \n'\"|#", max_size=60).map(str.encode))
def test_any_text_is_read_or_is_an_error_of_yaml(text: bytes) -> None:
    try:
        bounded_yaml.check_depth(text, DEPTH)
    except yaml.YAMLError:
        return
    list(yaml.parse(text, Loader=bounded_yaml.LOADER))
