"""ServiceCIDRs come and go while the server answers: its reverse zones follow, and names stay."""

from collections.abc import Iterable
from typing import Any, TypeAlias

import dns.message
import dns.rdatatype
import pytest

from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, Soa
from svcdns.errors import TableError
from svcdns.kube.objects import Change, Namespace, NamespaceMeta, ObjectMeta, ServiceCIDR, ServiceCIDRSpec
from svcdns.serve.watcher import republish_timer
from svcdns.serve.watcher.static_data import StaticDataPublisher
from svcdns.serve.watcher.watcher import Watcher
from tests import running
from tests.dns import tables
from tests.dns.asked import read, reply
from tests.serve.watched import KINDS, Table, fill
from tests.serve.watcher.test_watcher_faults import web
from tests.table.content import content

Entries: TypeAlias = Iterable[tuple[bytes, bytes]]

WEB, UNKNOWN = "1.0.96.10.in-addr.arpa.", "2.0.96.10.in-addr.arpa."
WHOLE, OWN = "in-addr.arpa.", "96.10.in-addr.arpa."


def begin(table: Table) -> tuple[Watcher, StaticDataPublisher]:
    return table.writers((*KINDS, "ServiceCIDR"))


def cidr(*networks: str) -> Change:
    """A ServiceCIDR that has these; none: it is gone."""
    obj = ServiceCIDR(ObjectMeta("kubernetes"), ServiceCIDRSpec(networks)) if networks else None
    return Change("ServiceCIDR", ("", "kubernetes"), obj)


def list_all(sink: Watcher, *changes: Change) -> None:
    """One Service, and these."""
    fill(sink, [web("10.96.0.1"), *changes])
    sink.mark_synced("ServiceCIDR")


def file_zone(text: str) -> FileZone:
    origin = names.from_text(text)
    soa = Soa(origin, origin, 60, serial=1)
    return FileZone(origin, soa, {origin: {records.SOA: RRset(60, (soa.pack_rdata(0),))}})


def ask(table: Table, name: str, rrtype: str) -> dns.message.Message:
    entries = content(table.writer)
    caches = tables.serve(entries, AnswerContext(lambda bits: 1))
    return read(reply(caches, dns.message.make_query(name, rrtype).to_wire()))


def owners(table: Table) -> list[str]:
    """The zones that say NXDOMAIN and NODATA, and the one that has the name of the Service's zone."""
    outcomes = [ask(table, UNKNOWN, "PTR"), ask(table, WEB, "A")]
    assert "web.default" in str(ask(table, WEB, "PTR").answer[0][0])
    return [str(message.authority[0].name) for message in outcomes]


async def without_files(files: StaticDataPublisher) -> None:
    """There are none: until that is known, no name of a reverse zone is denied."""
    files.publish_hosts([])
    await files.publish_zones([])


async def test_zones_follow_the_cluster(table: Table) -> None:
    sink, files = begin(table)
    await without_files(files)
    list_all(sink, cidr("10.96.0.0/16"))
    assert owners(table) == [OWN, OWN]
    apex = ask(table, OWN, "NS")
    assert str(apex.answer[0][0]) == "ns.dns.cluster.local."
    sink.push([cidr("10.97.0.0/16")])
    assert owners(table) == [WHOLE, WHOLE]
    assert ask(table, OWN, "NS").answer == []
    assert ask(table, "97.10.in-addr.arpa.", "SOA").answer
    sink.push([cidr("10.96.0.0/15"), web("10.96.0.3", "more")])
    assert owners(table) == [OWN, OWN]
    assert ask(table, "3.0.96.10.in-addr.arpa.", "PTR").answer
    sink.push([cidr()])
    assert owners(table) == [WHOLE, WHOLE]


async def test_what_is_made_anew_is_the_same(table: Table) -> None:
    sink, _ = begin(table)
    list_all(sink)
    before = table.answers()
    sink.push([cidr("10.96.0.0/12", "fd00::/64")])
    assert table.answers() != before
    sink.push([cidr()])
    assert table.answers() == before


async def test_the_next_watcher_begins_with_the_zones_there_are(table: Table) -> None:
    sink, files = begin(table)
    await without_files(files)
    list_all(sink, cidr("10.96.0.0/16"))
    sink, _ = begin(table)
    assert owners(table) == [OWN, OWN]
    list_all(sink)
    assert owners(table) == [WHOLE, WHOLE]


async def test_a_zone_file_wins(table: Table) -> None:
    sink, files = begin(table)
    files.publish_hosts([])
    await files.publish_zones([file_zone("10.in-addr.arpa.")])
    list_all(sink, cidr("10.96.0.0/16"))
    assert owners(table) == ["10.in-addr.arpa.", WHOLE]
    await files.publish_zones([])
    assert owners(table) == [OWN, OWN]
    await files.publish_zones([file_zone(OWN)])
    assert ask(table, UNKNOWN, "A").authority[0][0].rname.to_text() == OWN
    assert str(ask(table, OWN, "SOA").answer[0][0].mname) == OWN


async def test_a_full_disk_leaves_the_zones_as_they_were(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(republish_timer, "WRITE_DELAY", 0.05)
    sink, files = begin(table)
    await without_files(files)
    list_all(sink, cidr("10.96.0.0/16"))
    with monkeypatch.context() as full:

        def replace(entries: Entries, last: dict[bytes, bytes], prefix: bytes = b"", **options: Any) -> int:
            if not prefix:
                raise TableError("no space")
            return real(entries, last, prefix, **options)

        real = table.writer.replace
        full.setattr(table.writer, "replace", replace)
        sink.push([cidr()])
        files.publish_hosts([])
        assert owners(table) == [OWN, OWN]
    await running.until(lambda: owners(table) == [WHOLE, WHOLE], "the space")


async def test_namespaces_that_capture_names_are_said_once(
    table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    def namespace(name: str, *, there: bool = True) -> Change:
        return Change("Namespace", ("", name), Namespace(NamespaceMeta(name)) if there else None)

    sink, _ = begin(table)
    list_all(sink, namespace("com"), namespace("io"), namespace("shops"))
    sink.push([namespace("com"), namespace("dev")])
    assert sink.notes.warnings.tld_namespaces == {"com", "dev", "io"}
    warnings = [text for text in caplog.messages if "top-level" in text]
    assert [text.rpartition(": ")[2] for text in warnings] == ["com, io", "dev"]
    assert "Pods that look up NAME.com get the Service NAME of it" in warnings[0]
    sink.push([namespace("io", there=False)])
    assert sink.notes.warnings.tld_namespaces == {"com", "dev"}
