"""A short, seeded part of each fuzz target."""

from collections.abc import Callable

import pytest
from hypothesis import settings

from tests.fuzz.targets import TARGETS, WORLDS_PER_INPUT, linked_objects


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_holds(target: Callable[[], None]) -> None:
    examples = 500 // WORLDS_PER_INPUT if target is linked_objects else 300
    settings(max_examples=examples, derandomize=True, database=None, deadline=None)(target)()
