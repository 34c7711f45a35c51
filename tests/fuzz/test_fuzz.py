"""A short, seeded part of each fuzz target."""

from collections.abc import Callable

import pytest
from hypothesis import settings

from tests.fuzz import linked_checks, shares
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_holds(target: Callable[[], None]) -> None:
    settings(max_examples=300, derandomize=True, database=None, deadline=None)(target)()


def test_linked_worlds_hold() -> None:
    shares.check_worlds(range(120))


def test_a_finding_says_how_to_see_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(seed: int) -> None:
        assert seed != 3

    monkeypatch.setattr(linked_checks, "check_world", fail)
    with pytest.raises(AssertionError) as raised:
        shares.check_worlds(range(1, 9))
    assert raised.value.__notes__ == ["Again: python -m tests.fuzz --seed 3 linked_worlds"]
