"""Replies that are kept: the same for the same query, within their bound, the oldest going first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.answer import fast_path, reply_cache
from svcdns.dns.answer.reply_cache import ReplyCache
from tests.dns import asked, tables

EACH = 10 + 100 + reply_cache.ENTRY_OVERHEAD
ROOM = 5
"""Replies that have place."""


@given(st.lists(st.integers(0, 20)))
def test_the_last_are_kept_in_their_order(numbers: list[int]) -> None:
    kept, wanted = ReplyCache(), list[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reply_cache, "MAX_BYTES", ROOM * EACH)
        for number in numbers:
            kept.add(b"%010d" % number, b"%0100d" % number)
            if number not in wanted:
                wanted = [*wanted, number][-ROOM:]
            assert list(kept.items()) == [(b"%010d" % one, b"%0100d" % one) for one in wanted]
            assert kept.size == len(kept) * EACH


def test_one_that_has_no_place_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_cache, "MAX_BYTES", EACH - 1)
    kept = ReplyCache()
    kept.add(bytes(10), bytes(100))
    assert (kept, kept.size) == ({}, 0)


def test_a_query_many_times_in_a_batch_is_kept_once() -> None:
    caches = tables.make()
    packet = asked.packet("web.default.svc")[2:]
    found = fast_path.answer_batch(
        caches, [packet] * 60, lambda query, i: pytest.fail(f"{query!r} is no rare one")
    )
    assert len(set(found)) == 1
    assert caches.reply_cache == {packet: found[0]}
    assert (
        caches.reply_cache.size == len(packet) + len(caches.reply_cache[packet]) + reply_cache.ENTRY_OVERHEAD
    )


def test_what_is_asked_for_again_and_again_is_soon_kept_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_cache, "MAX_BYTES", 6000)
    caches = tables.make()
    wanted = asked.packet("web.default.svc")
    hits = 0
    for number in range(400):
        hits += wanted[2:] in caches.reply_cache
        asked.reply(caches, wanted)
        asked.reply(caches, asked.packet("db.default.svc", "AAAA", additional=(asked.cookie(number),)))
        assert caches.reply_cache.size <= reply_cache.MAX_BYTES
    assert hits > 300
