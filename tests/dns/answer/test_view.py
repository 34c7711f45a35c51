"""A view follows its table: zones, freshness and serial, from one version to the next."""

import pytest

from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.block_rules import Rule, Rules
from svcdns.dns.answer.query_rules import policy_of
from svcdns.dns.answer.view import View
from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness, ZoneKind
from svcdns.dns.wire import messages, names
from tests.dns import tables


def _view(table: dict[bytes, bytes], rules: Rules | None = None) -> View:
    context = AnswerContext(lambda bits: 1, rules=policy_of(rules) if rules else None)
    return tables.serve(table, context).view


def test_before_the_first_version_there_is_nothing() -> None:
    view = View(AnswerContext(lambda bits: 1))
    assert not view.has_answers
    assert view.find_zone(names.from_text("web.default.svc.cluster.local.")).kind is ZoneKind.EXTERNAL


def test_only_another_meta_is_a_change() -> None:
    table = tables.entries()
    view = _view(table)
    zones = view.zones
    table[node_format.SERIAL_KEY] = (99).to_bytes(4, "big")
    assert not view.refresh()
    assert view.zones is zones
    serial = view.soa_record(zones[tables.ZONE]).rdata[-20:-16]
    assert serial == (99).to_bytes(4, "big"), "the serial is each version's own"

    table |= tables.entries(state=Freshness.STALE)
    assert view.refresh()
    assert view.opt_records == messages.encode_opt_records((messages.STALE_ANSWER, ""))
    assert view.nxdomain_opt_records == messages.encode_opt_records((messages.STALE_NXDOMAIN, ""))


def test_without_a_description_the_table_is_empty() -> None:
    table = tables.entries()
    del table[node_format.META_KEY]
    assert not _view(table).has_answers


def test_a_damaged_description_is_noticed() -> None:
    """Whichever byte it is: zones that are wrong would make every answer wrong."""
    table = tables.entries()
    description = table[node_format.META_KEY]
    for place in range(len(description)):
        damaged = bytearray(description)
        damaged[place] ^= 1 << place % 8
        table[node_format.META_KEY] = bytes(damaged)
        with pytest.raises(table_meta.DamagedMetaError):
            _view(table)


def test_the_zone_of_a_name() -> None:
    view = _view(tables.entries())
    for text, zone in (
        ("cluster.local.", "cluster.local."),
        ("a.b.svc.cluster.local.", "cluster.local."),
        ("1-2-3-4.x.pod.cluster.local.", "pod.cluster.local."),
        ("9.10.in-addr.arpa.", "10.in-addr.arpa."),
        ("xcluster.local.", "."),
    ):
        assert view.find_zone(names.from_text(text)).name == names.from_text(zone)
    assert view.zone_cut_parents == set(map(names.from_text, ("local.", "cluster.local.", "in-addr.arpa.")))


def test_only_rules_and_hosts_need_the_slow_path() -> None:
    assert _view(tables.entries()).needs_slow_path is None
    rules = Rules(rewrite=(Rule("exact", "a.example", "b.example"),))
    needs_slow_path = _view(tables.entries(), rules).needs_slow_path
    assert needs_slow_path is not None
    assert needs_slow_path(names.from_text("a.example."), 1)
    assert not needs_slow_path(names.from_text("b.example."), 1)
