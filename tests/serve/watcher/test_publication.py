"""A Service whose names cannot be made costs only itself: at a first list, while running, after a restart."""

import random
from collections.abc import Set

import dns.edns
import dns.message
import dns.rcode
import pytest
from dns.message import Message

from svcdns.cluster import name_tree, owned_roots, service_records
from svcdns.cluster.ptr_records import PtrBuilder
from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.table.subtree import Subtree
from svcdns.dns.table.table_meta import Freshness
from svcdns.kube.objects import Change, Key
from svcdns.serve.watcher import republish_timer, watcher
from tests.dns import asked, tables
from tests.serve.watched import Table, anew, fill
from tests.serve.watcher.test_watcher_faults import web
from tests.table.content import content

BAD: Key = ("default", "bad")


class Breakage:
    """Makes the names of one Service, or of all, impossible to make, as a bug would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_on = False
        self.is_total = False
        build_service, build_apex = service_records.service_part, name_tree._apex_nodes

        def service_part(number: int, zone: bytes, key: Key, *others: object) -> Subtree:
            if self.is_on and key == BAD:
                raise ValueError("no such names")
            return build_service(number, zone, key, *others)  # type: ignore[arg-type]

        def apex_nodes(*arguments: object) -> dict[bytes, object]:
            if self.is_total:
                raise ValueError("no names at all")
            return build_apex(*arguments)  # type: ignore[arg-type,return-value]

        monkeypatch.setattr(service_records, "service_part", service_part)
        monkeypatch.setattr(name_tree, "_apex_nodes", apex_nodes)


@pytest.fixture
def breakage(monkeypatch: pytest.MonkeyPatch) -> Breakage:
    """Nothing is broken at first."""
    return Breakage(monkeypatch)


def ask(table: Table, name: str, rrtype: str = "A", namespace: str = "default") -> Message:
    """What a worker answers, asked often: also by what it has cached."""
    query = dns.message.make_query(f"{name}.{namespace}.svc.cluster.local.", rrtype, use_edns=0).to_wire()
    caches = tables.serve(content(table.writer), AnswerContext(random.Random(1).getrandbits, "host"))

    messages = [asked.read(asked.reply(caches, query)) for _ in range(8)]
    assert len({message.to_text() for message in messages}) == 1
    return messages[0]


def code_of(message: Message) -> int | None:
    """The code of its extended error."""
    errors = [option for option in message.options if isinstance(option, dns.edns.EDEOption)]
    return int(errors[0].code) if errors else None


def address(message: Message) -> str:
    return str(message.answer[0][0])


async def test_at_the_first_list(table: Table, breakage: Breakage) -> None:
    breakage.is_on = True
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), web("10.96.0.9", "bad")])

    assert sink.is_live
    assert dict(sink.faults) == {"Service default/bad": "ValueError: no such names"}
    assert table.meta() is Freshness.FRESH
    assert address(ask(table, "web")) == "10.96.0.1"
    assert code_of(ask(table, "web")) is None
    for name in ("bad", "_http._tcp.bad", "10-0-0-1.bad"):
        reply = ask(table, name)
        assert reply.rcode() == dns.rcode.SERVFAIL
        assert code_of(reply) == dns.edns.EDECode.NOT_READY
    assert ask(table, "none").rcode() == dns.rcode.NXDOMAIN


async def test_while_running(
    table: Table, breakage: Breakage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its last answers stay, marked; all else follows; when it is mended, the table is as made anew."""
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), web("10.96.0.9", "bad")])
    breakage.is_on = True
    sink.push([web("10.96.0.8", "bad"), web("10.96.0.2")])

    bad = ask(table, "bad")
    assert (address(bad), code_of(bad)) == ("10.96.0.9", dns.edns.EDECode.STALE_ANSWER)
    assert ask(table, "10-0-0-1.bad").rcode() == dns.rcode.SERVFAIL
    assert (address(ask(table, "web")), code_of(ask(table, "web"))) == ("10.96.0.2", None)

    # Its changes cost no publication each; others are written as ever.
    publications: list[None] = []
    publish = watcher.Watcher._publish_all
    monkeypatch.setattr(watcher.Watcher, "_publish_all", lambda sink: publications.append(publish(sink)))
    for number in range(20):
        sink.push([web(f"10.96.1.{number}", "bad"), web(f"10.96.2.{number}")])
        assert address(ask(table, "web")) == f"10.96.2.{number}"
    assert not publications
    assert caplog.text.count("ValueError: no such names") == 1

    breakage.is_on = False
    sink._publish_all()
    assert not sink.faults
    mended = ask(table, "bad")
    assert (address(mended), code_of(mended)) == ("10.96.1.19", None)
    changes = web("10.96.2.19"), web("10.96.1.19", "bad")
    objects = {(change.kind, change.key): change.new_object for change in changes if change.new_object}
    assert table.answers() == anew(objects)


async def test_after_a_restart(table: Table, breakage: Breakage) -> None:
    """What a stored table has of it stays, and new Services are answered."""
    fill(table.watcher(), [web("10.96.0.1"), web("10.96.0.9", "bad")])
    breakage.is_on = True
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), web("10.96.0.8", "bad"), web("10.96.0.3", "new")])

    assert sink.is_live
    bad = ask(table, "bad")
    assert (address(bad), code_of(bad)) == ("10.96.0.9", dns.edns.EDECode.STALE_ANSWER)
    assert address(ask(table, "new")) == "10.96.0.3"
    assert code_of(ask(table, "new")) is None


async def test_a_publication_that_fails_as_a_whole_is_never_live(
    table: Table, breakage: Breakage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(republish_timer, "FAULTY_DELAY", 1e6)
    fill(table.watcher(), [web("10.96.0.1")])
    breakage.is_total = True
    sink = table.watcher()
    fill(sink, [web("10.96.0.2")])

    assert not sink.is_live
    assert sink.publish_error == "ValueError: no names at all"
    old = ask(table, "web")
    assert (address(old), code_of(old)) == ("10.96.0.1", dns.edns.EDECode.STALE_ANSWER)

    breakage.is_total = False
    sink._publish_all()
    assert sink.is_live and not sink.publish_error
    assert address(ask(table, "web")) == "10.96.0.2"


async def test_a_publication_that_fails_as_a_whole_while_running(
    table: Table, breakage: Breakage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is served is marked as stale, also when a kind is fresh again; events cost no publication each."""
    monkeypatch.setattr(republish_timer, "FAULTY_DELAY", 1e6)
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), web("10.96.0.9", "bad")])
    breakage.is_total = breakage.is_on = True
    for number in range(5):
        sink.push([web(f"10.96.0.{number + 2}", "bad")])

    assert sink.publish_error == "ValueError: no names at all"
    assert caplog.text.count("the answers cannot be made") == 1
    assert table.meta() is Freshness.STALE
    sink.mark_stale("Service", "the source is silent")
    sink.mark_synced("Service")
    assert code_of(ask(table, "web")) == dns.edns.EDECode.STALE_ANSWER

    breakage.is_total = breakage.is_on = False
    sink._publish_all()
    assert table.meta() is Freshness.FRESH
    assert (address(ask(table, "bad")), code_of(ask(table, "bad"))) == ("10.96.0.6", None)


async def test_a_faulty_name_outside_all_zones_costs_only_itself(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is served there that could be marked."""
    monkeypatch.setattr(owned_roots, "reverse_roots", lambda addresses, options: {})
    build_part = PtrBuilder.build_part

    def build_reverse_part(builder: PtrBuilder, addresses: set[bytes], parents: Set[bytes]) -> Subtree:
        if bytes((10, 96, 0, 9)) in addresses:
            raise ValueError("no such name")
        return build_part(builder, addresses, parents)

    monkeypatch.setattr(PtrBuilder, "build_part", build_reverse_part)
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), web("10.96.0.9", "bad")])
    assert dict(sink.faults) == {"reverse name of 10.96.0.9": "ValueError: no such name"}
    assert address(ask(table, "bad")) == "10.96.0.9"


async def test_a_faulty_service_is_deleted_or_renamed(table: Table, breakage: Breakage) -> None:
    sink = table.watcher()
    fill(sink, [web("10.96.0.1"), web("10.96.0.9", "bad")])
    breakage.is_on = True
    sink.push([web("10.96.0.8", "bad")])
    sink.push([Change("Service", BAD, None), web("10.96.0.8", "renamed")])
    assert address(ask(table, "renamed")) == "10.96.0.8"
    assert code_of(ask(table, "bad")) == dns.edns.EDECode.STALE_ANSWER

    sink._publish_all()
    assert not sink.faults
    assert ask(table, "bad").rcode() == dns.rcode.NXDOMAIN
    changes = web("10.96.0.1"), web("10.96.0.8", "renamed")
    assert table.answers() == anew(
        {(change.kind, change.key): change.new_object for change in changes if change.new_object}
    )
