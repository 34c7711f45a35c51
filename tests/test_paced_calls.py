"""A few calls in each turn of the event loop, in order."""

import asyncio

import pytest

from svcdns.paced_calls import PacedCalls


async def test_a_few_run_in_each_turn_in_their_order() -> None:
    calls, ran = PacedCalls(3), list[int]()
    for number in range(8):
        calls.add(lambda number=number: ran.append(number))  # type: ignore[misc]
    counts = []
    for _ in range(4):
        await asyncio.sleep(0)
        counts.append(len(ran))
    assert counts == [3, 6, 8, 8]
    assert ran == list(range(8))


async def test_what_a_call_adds_comes_behind_the_others() -> None:
    calls, ran = PacedCalls(2), list[str]()
    calls.add(lambda: calls.add(lambda: ran.append("added")))
    calls.add(lambda: ran.append("second"))
    calls.add(lambda: ran.append("third"))
    for _ in range(4):
        await asyncio.sleep(0)
    assert ran == ["second", "third", "added"]


async def test_an_error_costs_that_call_alone(caplog: pytest.LogCaptureFixture) -> None:
    calls, ran = PacedCalls(1), list[str]()
    calls.add(lambda: ran.append(str(1 // 0)))
    calls.add(lambda: ran.append("second"))
    for _ in range(3):
        await asyncio.sleep(0)
    assert ran == ["second"]
    assert "ZeroDivisionError" in caplog.text


async def test_what_is_cleared_does_not_run() -> None:
    calls, ran = PacedCalls(1), list[str]()
    calls.add(lambda: ran.append("cleared"))
    calls.clear()
    await asyncio.sleep(0)
    calls.add(lambda: ran.append("after"))
    await asyncio.sleep(0)
    assert ran == ["after"]
