"""Policies: who is asked first."""

from collections import Counter
from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from svcdns.forward import selection_policy
from svcdns.forward.options import Policy

POLICIES: list[Policy] = ["random", "round_robin", "sequential"]
NAMES = st.lists(st.integers(), unique=True, max_size=6)


@given(st.sampled_from(POLICIES), NAMES, NAMES, st.integers(0, 1000), st.randoms())
def test_each_once_and_none_that_is_down_while_one_is_up(
    policy: Policy, up: list[int], down: list[int], turn: int, random: Random
) -> None:
    def shuffled(given: Sequence[int]) -> list[int]:
        return random.sample(given, len(given))

    found = selection_policy.order_candidates(policy, up, down, turn, shuffled)
    assert sorted(found) == sorted(up or down)


def test_sequential_is_the_order_of_the_configuration() -> None:
    assert selection_policy.order_candidates("sequential", [1, 2, 3], [], 7, list) == [1, 2, 3]


def test_round_robin_begins_with_each_in_turn() -> None:
    orders = [
        selection_policy.order_candidates("round_robin", [1, 2, 3], [], turn, list) for turn in range(6)
    ]
    assert orders == [[1, 2, 3], [2, 3, 1], [3, 1, 2]] * 2


def test_random_takes_what_is_drawn() -> None:
    assert selection_policy.order_candidates(
        "random", [1, 2, 3], [], 0, lambda given: [*reversed(given)]
    ) == [3, 2, 1]


def test_all_down_are_tried_in_a_random_order() -> None:
    for policy in POLICIES:
        assert selection_policy.order_candidates(policy, [], [1, 2], 0, lambda given: [*reversed(given)]) == [
            2,
            1,
        ]


def test_round_robin_spreads_evenly() -> None:
    first = Counter(
        selection_policy.order_candidates("round_robin", "abc", "", turn, list)[0] for turn in range(300)
    )
    assert set(first.values()) == {100}
