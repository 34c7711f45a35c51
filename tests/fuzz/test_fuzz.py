"""A short, seeded part of each fuzz target."""

from collections.abc import Callable

import pytest
from hypothesis import settings

from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_holds(target: Callable[[], None]) -> None:
    settings(max_examples=300, derandomize=True, database=None, deadline=None)(target)()
