"""Names of files beside the cluster's in one table: neither waits for the other, nor removes its keys."""

import asyncio
from collections.abc import Iterable

import pytest

from svcdns.dns.table import hosts_encoding, node_format, table_meta
from svcdns.dns.table.table_meta import Freshness, ZoneKind
from svcdns.dns.table.zone_encoding import FileZone
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRset, Soa
from svcdns.errors import TableError
from svcdns.serve.watcher import static_data
from tests import running
from tests.serve.watched import Table, fill
from tests.serve.watcher.test_watcher_faults import web
from tests.table.content import content

ADDRESS = RRset(300, (bytes((192, 0, 2, 1)),))


def zone(text: str) -> FileZone:
    origin = names.from_text(text)
    soa = Soa(origin, origin, 60, serial=1)
    return FileZone(origin, soa, {origin: {records.A: ADDRESS, records.SOA: RRset(60, (soa.pack_rdata(0),))}})


def entries(text: bytes) -> Iterable[tuple[bytes, bytes]]:
    return hosts_encoding.encode_hosts(hosts_encoding.hosts_nodes(hosts_encoding.parse_hosts(text).lines))


def stored_meta(table: Table) -> table_meta.TableMeta:
    found = table_meta.decode_meta(table.writer.get(node_format.META_KEY))
    assert found is not None
    return found


def static(table: Table) -> list[tuple[bytes, int]]:
    """The zones of files with their numbers, as the table names them."""
    numbered = [(at, found) for at, found in stored_meta(table).zones.items() if found.kind is ZoneKind.FILE]
    assert all(found.apex == number for number, found in numbered)
    return [(found.name, number) for number, found in numbered]


def below(table: Table, prefix: bytes) -> set[bytes]:
    return {key for key in content(table.writer) if key.startswith(prefix)}


async def test_files_do_not_wait_for_the_cluster(table: Table) -> None:
    sink, files = table.writers()
    assert not stored_meta(table).has_files
    await files.publish_zones([zone("corp."), zone("a.corp.")])
    assert not stored_meta(table).has_files, "hosts are not known"
    files.publish_hosts(entries(b"192.0.2.1 printer"))
    assert stored_meta(table).state is Freshness.EMPTY
    assert stored_meta(table).has_hosts
    assert stored_meta(table).has_files
    first = table_meta.FIRST_FILE_ZONE
    assert static(table) == [(names.from_text("corp."), first), (names.from_text("a.corp."), first + 1)]
    file_entries = below(table, node_format.FILE_ZONE_PREFIX) | below(table, node_format.HOSTS_PREFIX)
    assert len(file_entries) == 4
    fill(sink, [web("10.96.0.1")])
    assert stored_meta(table).state is Freshness.FRESH
    assert below(table, node_format.FILE_ZONE_PREFIX) | below(table, node_format.HOSTS_PREFIX) == file_entries
    assert len(static(table)) == 2


async def test_what_a_file_no_longer_says_is_gone(table: Table) -> None:
    sink, files = table.writers()
    fill(sink, [web("10.96.0.1")])
    before = table.answers()
    await files.publish_zones([zone("corp.")])
    files.publish_hosts(entries(b"192.0.2.1 printer"))
    await files.publish_zones([])
    files.publish_hosts([])
    assert table.answers() == before
    assert not stored_meta(table).has_hosts
    assert static(table) == []


async def test_the_next_watcher_goes_on_from_the_table(table: Table) -> None:
    sink, files = table.writers()
    await files.publish_zones([zone("corp.")])
    files.publish_hosts(entries(b"192.0.2.1 printer"))
    fill(sink, [web("10.96.0.1")])
    before = table.answers()
    sink, files = table.writers()
    assert stored_meta(table).state is Freshness.STALE
    assert static(table)
    assert stored_meta(table).has_hosts
    fill(sink, [web("10.96.0.1")])
    assert table.answers() == before
    assert static(table)


async def test_another_cluster_has_the_same_files(table: Table) -> None:
    sink, files = table.writers()
    sink.set_cluster_identity("one")
    await files.publish_zones([zone("corp.")])
    fill(sink, [web("10.96.0.1")])
    sink.set_cluster_identity("two")
    assert stored_meta(table).state is Freshness.EMPTY
    assert static(table)
    assert set(table.answers()) == below(table, node_format.FILE_ZONE_PREFIX)


async def test_what_cannot_be_written_is_written_later(
    table: Table, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "svcdns.watcher")
    monkeypatch.setattr(static_data, "RETRY_DELAY", 0.02)
    _, files = table.writers()
    with monkeypatch.context() as full:

        def replace(*_: object) -> int:
            raise TableError("the disk is full")

        full.setattr(table.writer, "replace", replace)
        await files.publish_zones([zone("corp.")])
        await files.publish_zones([zone("net.")])
        assert not below(table, node_format.FILE_ZONE_PREFIX)
    await running.until(lambda: below(table, node_format.FILE_ZONE_PREFIX), "it was written")
    await asyncio.sleep(0.1)
    assert [name for name, _ in static(table)] == [names.from_text("net.")]
    begin, end = [text for text in caplog.messages if "names of files" in text]
    assert begin == "names of files: the disk is full; it is tried again every second"
    assert end.startswith("the names of files are written again, after ")


async def test_a_zone_of_the_cluster_is_not_served_from_a_file(
    table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    _, files = table.writers()
    own = ["cluster.local.", "svc.cluster.local.", "example.net.", "in-addr.arpa."]
    await files.publish_zones([zone(name) for name in (*own, "10.in-addr.arpa.", "local.", "net.")])
    assert [name for name, _ in static(table)] == [
        names.from_text(name) for name in ("10.in-addr.arpa.", "local.", "net.")
    ]
    assert len(caplog.messages) == len(own)
    assert "zone file of svc.cluster.local.: not served" in caplog.text

    caplog.set_level("INFO")
    await files.publish_zones([zone(name) for name in (*own[1:], "net.")])
    assert caplog.messages[len(own) :] == [f"fixed: {caplog.messages[0]}"]
