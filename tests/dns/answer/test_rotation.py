"""No record is favoured: not in the first place, nor as the neighbour of one that is dead."""

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import pytest

from svcdns.dns.answer import rotation
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.rotation import Shuffler
from tests.dns import asked, tables

ANSWERS = 10_000
QUERY = asked.packet("many")


def chi_square(seen: Iterable[int], kinds: int) -> float:
    """Pearson's statistic against all kinds alike, over the value that one in 10,000 fair trials exceeds."""
    counts = Counter(seen)
    assert set(counts) <= set(range(kinds))
    even = counts.total() / kinds
    statistic = sum((counts[kind] - even) ** 2 / even for kind in range(kinds))
    free = kinds - 1
    return statistic / (free * (1 - 2 / (9 * free) + 3.719 * math.sqrt(2 / (9 * free))) ** 3)


def assert_fair(orders: Sequence[Sequence[int]], count: int) -> None:
    """The first places, and who follows whom: the neighbours of the first, a middle and the last record."""
    assert len(set(map(tuple, orders))) > 1
    assert chi_square((order[0] for order in orders), count) < 1
    for dead in {0, count // 2, count - 1}:
        after = (following(order, dead) for order in orders)
        if count > 2:  # renumbered without the dead one
            assert chi_square((next_ - (next_ > dead) for next_ in after if next_ is not None), count - 1) < 1


def following(order: Sequence[int], dead: int) -> int | None:
    """The record after this one, if both are there and it is not the last."""
    at = order.index(dead) if dead in order else len(order)
    return order[at + 1] if at + 1 < len(order) else None


def orders(caches: FastPathCaches, ask: Callable[[FastPathCaches], bytes]) -> list[list[int]]:
    """The numbers of the addresses in so many answers (10.0.0.7 is 7), read from their bytes."""
    return [numbers(ask(caches)) for _ in range(ANSWERS)]


def numbers(reply: bytes) -> list[int]:
    """The A records of a reply to QUERY, which stand in a row behind the question."""
    count = reply[6] << 8 | reply[7]
    return [reply[at + 14] << 8 | reply[at + 15] for at in range(len(QUERY), len(QUERY) + 16 * count, 16)]


def addresses(count: int) -> list[str]:
    return [f"many 30 A 10.0.{number >> 8}.{number & 255}" for number in range(count)]


@pytest.mark.parametrize("count", [2, 3, 5, 6, 7, 16, 17, 20])
def test_answers_as_they_go_out_over_udp(count: int) -> None:
    caches = tables.make(addresses(count))
    found = orders(caches, lambda caches: asked.reply(caches, QUERY))
    assert all(sorted(order) == list(range(count)) for order in found[:100])
    assert_fair(found, count)


@pytest.mark.parametrize("count", [40, 64])
def test_what_is_left_of_a_cut_answer(count: int) -> None:
    """At 512 bytes some 30 addresses fit; which ones, and in which order, is another each time."""
    caches = tables.make(addresses(count))
    found = orders(caches, lambda caches: asked.reply(caches, QUERY))
    assert {len(order) for order in found} == {(512 - len(QUERY)) // 16}
    assert_fair(found, count)
    assert chi_square(itertools.chain.from_iterable(found), count) < 1


@pytest.mark.parametrize("count", [40, 64])
def test_whole_answers_of_many(count: int) -> None:
    assert_fair(
        orders(tables.make(addresses(count)), lambda caches: asked.reply(caches, QUERY, stream=True)), count
    )


def test_a_large_set() -> None:
    caches = tables.make(addresses(100))
    found = orders(caches, lambda caches: asked.reply(caches, QUERY))
    assert_fair(found, 100)
    assert chi_square(itertools.chain.from_iterable(found), 100) < 1


def test_behind_a_cname() -> None:
    caches = tables.make(["alias 30 CNAME many", *addresses(5)])
    query = asked.packet("alias")
    answers = (asked.read(asked.reply(caches, query)).answer for _ in range(2000))
    assert_fair([[int(str(rrset[0]).split(".")[-1]) for rrset in answer[1:]] for answer in answers], 5)


@pytest.mark.parametrize("count", range(2, 17))
def test_every_permutation_of_few_and_every_record_of_more(count: int) -> None:
    order = Shuffler(random.Random(count).getrandbits).reorder_for(count)
    records: Sequence[bytes] = rotation.split_records(
        b"head" + b"".join(number.to_bytes(2, "big") for number in range(count)), 4, count, 2
    )
    orders = itertools.accumulate(range(5000), lambda last, _: order(last), initial=records)
    found = Counter(map(b"".join, orders))
    assert {len(order) for order in found} == {2 * count}
    assert all(sorted(order[1::2]) == list(range(count)) for order in found)
    if count <= 5:
        assert len(found) == math.factorial(count)
    else:
        assert len(found) > 700
