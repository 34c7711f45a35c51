"""What is cached ends with its version or second, and never grows beyond its bound."""

import pytest

from svcdns.dns.answer import fast_path_caches
from svcdns.dns.table.table_meta import Freshness
from tests.dns import asked, tables

WEB = asked.packet("web.default.svc")


def test_a_kept_reply_ends_with_its_version_of_the_table() -> None:
    caches = tables.make()
    packet = asked.packet("web.default.svc")
    before = [asked.reply(caches, packet) for _ in range(4)][-1]
    table = tables.entries(["web.default.svc 30 A 10.96.0.77"])
    caches.view.get = table.get
    assert asked.reply(caches, packet) == before, "as long as the version is the same"
    tables.publish(caches, table)
    assert [str(rrset[0]) for rrset in asked.read(asked.reply(caches, packet)).answer] == ["10.96.0.77"]


def test_living_replies_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_path_caches, "MAX_TIMED_REPLY_BYTES", 10_000)
    caches = tables.make([f"many 30 A 10.0.0.{number}" for number in range(10)])
    for number in range(100):
        asked.reply(caches, asked.packet("many", additional=(asked.cookie(number),)))
        assert caches.timed_replies_size <= 10_000
        assert len(caches.timed_replies) < 20


def test_forms_are_bounded() -> None:
    caches = tables.make()
    for size in range(512, 512 + 3 * fast_path_caches.MAX_SHAPES):
        asked.reply(caches, asked.packet("web.default.svc", additional=(asked.opt(size),)))
        assert len(caches.shapes) <= fast_path_caches.MAX_SHAPES
    before = len(caches.shapes)
    asked.reply(caches, asked.packet("web.default.svc", additional=(asked.cookie(1),)))
    assert len(caches.shapes) == before, "with options there is no end of them"


def test_what_is_denied_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_path_caches, "MAX_NXDOMAIN_ENTRIES", 20)
    caches = tables.make()
    for number in range(100):
        asked.reply(caches, asked.packet(f"www.example{number}.com.default.svc"))
        assert len(caches.nxdomain_replies) <= 20


def test_a_second_ends_only_what_differs_from_second_to_second() -> None:
    caches = tables.make()
    view = caches.view
    for name in ("web.default.svc", "db.default.svc"):
        for _ in range(3):
            asked.reply(caches, asked.packet(name))
    version = next(tables.VERSIONS)
    caches.begin_transaction(view.get, view.has_prefix, version, 5.0)
    for _ in range(3):
        asked.reply(caches, WEB)
        asked.reply(caches, asked.packet("db.default.svc"))
    kept = dict(caches.reply_cache)
    assert kept and caches.timed_replies and caches.timed_replies_size

    caches.begin_transaction(view.get, view.has_prefix, version, 5.9)
    assert caches.timed_replies
    caches.begin_transaction(view.get, view.has_prefix, version, 6.0)
    assert (caches.timed_replies, caches.timed_replies_size) == ({}, 0)
    assert caches.reply_cache == kept


def test_what_follows_from_the_zones_outlives_a_version_that_has_the_same() -> None:
    caches = tables.make()
    asked.reply(caches, WEB)
    asked.reply(caches, asked.packet("www.example.com.default.svc"))
    shapes, zones_by_parent = dict(caches.shapes), dict(caches.zones_by_parent)
    assert shapes and zones_by_parent and caches.nxdomain_replies

    tables.publish(caches, tables.entries())
    assert not caches.nxdomain_replies
    assert (caches.shapes, caches.zones_by_parent) == (shapes, zones_by_parent)
    tables.publish(caches, tables.entries(state=Freshness.STALE))
    assert (caches.shapes, caches.zones_by_parent) == ({}, {})


def test_parents_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_path_caches, "MAX_PARENTS", 20)
    caches = tables.make()
    for number in range(100):
        asked.reply(caches, asked.packet(f"www.example{number}.com.default.svc"))
        assert 0 < len(caches.zones_by_parent) <= 20
