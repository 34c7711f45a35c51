"""Negative answers: SOAs that point into any question, and NXDOMAIN for all first labels."""

import random

import dns.message
import pytest

from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.negative import NegativeSoas
from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness, Zone, ZoneKind
from svcdns.dns.wire import names
from svcdns.dns.wire.records import Soa
from tests.dns import asked, tables

APEX = names.from_text("example.")
SOA = Soa(names.from_text("ns.example."), names.from_text("admin.elsewhere."), 60)
HEAD = b"\x84\x03\0\1\0\0\0\1\0\0"
"""NXDOMAIN with a question and an SOA."""
QUERY_HEAD = b"\1\0\0\1\0\0\0\0\0\0"
QUESTION_END = b"\0\1\0\1"


@pytest.mark.parametrize("text", ["x.example.", "a.b.c.d.example.", "a" * 63 + ".example.", "example."])
def test_an_soa_points_into_the_question(text: str) -> None:
    name = names.from_text(text)
    soa = NegativeSoas(APEX, SOA, 7)[len(name)]
    message = dns.message.from_wire(bytes(2) + HEAD + name + QUESTION_END + soa)
    (rrset,) = message.authority
    assert str(rrset.name) == "example."
    assert str(rrset[0]) == "ns.example. admin.elsewhere. 7 7200 1800 86400 60"


def test_one_reply_is_for_every_first_label() -> None:
    soas = NegativeSoas(APEX, SOA, 7)
    parent = names.from_text("absent.example.")
    reply = soas.nxdomain_reply(HEAD, b"", len(parent) + 1)
    assert reply is soas.nxdomain_reply(HEAD, b"", len(parent) + 1)
    assert reply is not None
    for label in (b"\1a", b"\3WwW", b"\x3f" + b"y" * 63):
        rendered = reply.render(QUERY_HEAD + label + parent + QUESTION_END)
        assert rendered is not None
        message = dns.message.from_wire(bytes(2) + rendered)
        assert message.question[0].name.to_wire() == label + parent
        assert str(message.authority[0].name) == "example."
    for label in (b"", b"\x40" + b"y" * 64, b"\xc0\x0c"):
        assert reply.render(QUERY_HEAD + label + b"\0" + parent + QUESTION_END) is None


def test_a_reply_that_might_not_fit_is_not_made() -> None:
    far = names.from_text(".".join(letter * 61 for letter in "abcd"))
    assert NegativeSoas(APEX, Soa(far, far, 60), 7).nxdomain_reply(HEAD, b"", 9) is None


@pytest.mark.parametrize("additional", [(), (asked.opt(),)], ids=["512 bytes", "1232 bytes"])
def test_a_denial_is_cut_where_it_is_too_large(additional: tuple[bytes, ...]) -> None:
    """A cluster's own SOA always fits; another one may have names as long as they get."""
    far = names.from_text(".".join(letter * 61 for letter in "abcd"))
    table = tables.entries()
    zones = {0: Zone(tables.ZONE, ZoneKind.AUTHORITATIVE, 0, 30, Soa(far, far, 5))}
    table[node_format.META_KEY] = table_meta.encode_meta(
        table_meta.TableMeta(table_meta.FORMAT_VERSION, Freshness.FRESH, zones)
    )
    caches = tables.serve(table, AnswerContext(random.Random(1).getrandbits))
    for host in ("a", "b"):
        packet = asked.packet(f"{host}.example.com.default.svc", additional=additional)
        reply = asked.reply(caches, packet)
        assert asked.is_cut(asked.read(reply)) != bool(additional)
        assert len(reply) <= (1232 if additional else 512)
