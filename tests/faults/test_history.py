"""The judge of answers is judged: it must see each kind of wrong one."""

import pytest

from tests.faults.history import History, Value

A, B, C = (frozenset({f"10.0.0.{number}"}) for number in range(3))


@pytest.fixture
def history() -> History:
    """A from 0 to 10, nothing until 20, then B until 21, A again."""
    made = History(late=5.0)
    for value, at in ((A, 0.0), (None, 10.0), (B, 20.0), (A, 21.0)):
        made.begin("web", value, at)
        made.end("web", at)
    return made


@pytest.mark.parametrize(
    ("value", "sent", "floor", "wrong"),
    [
        (A, 9.0, 0, ""),
        (A, 14.0, 0, ""),
        (A, 16.0, 0, "was true 6.0 s ago, and is not marked"),
        (None, 16.0, 0, ""),
        (None, 22.0, 2, "no name after 10.0.0.1"),
        (A, 22.0, 2, ""),
        (B, 19.0, 0, "was never true"),
        (C, 22.0, 0, "10.0.0.2 was never true"),
        (frozenset(), 22.0, 0, "no address was never true"),
    ],
)
def test_answers(history: History, value: Value, sent: float, floor: int, wrong: str) -> None:
    problem, _ = history.judge("web", value, sent, sent + 0.1, floor)
    assert wrong in problem
    assert bool(wrong) == bool(problem)


def test_what_was_told_is_the_floor(history: History) -> None:
    assert history.judge("web", B, 21.5, 21.6, 0) == ("", 2)
    assert history.judge("web", A, 21.5, 21.6, 2) == ("", 3)
    assert history.judge("web", A, 12.0, 22.0, 0) == ("", 0), "either of two"


def test_a_change_that_is_not_over(history: History) -> None:
    history.begin("web", C, 30.0)
    assert history.judge("web", A, 40.0, 40.1, 3) == ("", 3)
    assert history.judge("web", C, 40.0, 40.1, 3) == ("", 4)
    history.end("web", 50.0)
    assert history.judge("web", A, 60.0, 60.1, 3)[0]


def test_marked_answers(history: History) -> None:
    assert not history.was_true("web", B)
    assert history.was_true("web", C)
    assert history.now("web") == A
