"""The watcher where something is wrong: another cluster, a full disk, a list that races with a watch."""

import asyncio
import logging
from typing import Any

import pytest

from svcdns.dns.table.table_meta import Freshness
from svcdns.dns.wire import names
from svcdns.errors import TableError
from svcdns.kube import ready_endpoints
from svcdns.kube.objects import Change, convert_object
from svcdns.rate_limited_log import LastingFault
from svcdns.serve.watcher import republish_timer, snapshots
from svcdns.table import snapshot
from tests import running
from tests.serve.watched import Table, anew, fill


def web(address: str, name: str = "web", namespace: str = "default") -> Change:
    """A Service with a cluster IP."""
    spec = {"clusterIP": address, "ports": [{"port": 80}]}
    metadata = {"name": name, "namespace": namespace}
    service = ready_endpoints.to_stored(convert_object("Service", {"metadata": metadata, "spec": spec}))
    return Change("Service", (namespace, name), service)


async def test_changes_that_come_together_are_one_version(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = table.watcher()
    fill(sink, [web("10.96.0.1")])
    written = []
    update = table.writer.update
    monkeypatch.setattr(table.writer, "update", lambda *arguments: written.append(update(*arguments)))
    sink.push([web("10.96.0.2"), web("10.96.0.3"), web("10.96.0.4", "other")])
    assert len(written) == 1


async def test_another_cluster_empties_the_stored_table(table: Table) -> None:
    sink = table.watcher()
    sink.set_cluster_identity("one")
    fill(sink, [web("10.96.0.1")])
    assert table.meta() is Freshness.FRESH
    sink = table.watcher()
    assert table.meta() is Freshness.STALE
    sink.set_cluster_identity("one")
    assert table.meta() is Freshness.STALE
    sink.set_cluster_identity("another")
    assert table.meta() is Freshness.EMPTY
    assert table.answers() == {}
    assert not sink.cluster_replaced.is_set(), "nothing of the other is known here"
    fill(sink, [])
    assert table.meta() is Freshness.FRESH


async def test_another_cluster_behind_a_watcher_that_runs_needs_a_new_one(table: Table) -> None:
    sink = table.watcher()
    sink.set_cluster_identity("one")
    fill(sink, [web("10.96.0.1")])
    sink.set_cluster_identity("one")
    assert not sink.cluster_replaced.is_set()
    sink.set_cluster_identity("another")
    assert sink.cluster_replaced.is_set()
    assert table.answers() == {}
    sink.push([web("10.96.0.2", "other")])
    sink.mark_synced("Service")
    assert table.meta() is Freshness.EMPTY
    assert not sink.is_live


async def test_a_full_disk_is_tried_once_a_second_however_much_changes(
    table: Table, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """All that could not be written is written at once, when it can be."""
    caplog.set_level("INFO", "svcdns.watcher")
    monkeypatch.setattr(republish_timer, "WRITE_DELAY", 0.05)
    sink = table.watcher()
    fill(sink, [web("10.96.0.1")])
    tries: list[str] = []
    full = True

    def failing(name: str) -> None:
        real = getattr(table.writer, name)

        def write(*arguments: object, **options: object) -> object:
            tries.append(name)
            if full:
                raise TableError("no space")
            return real(*arguments, **options)

        monkeypatch.setattr(table.writer, name, write)

    failing("update")
    failing("replace")
    for number in range(50):
        sink.push([web(f"10.96.1.{number}", f"more-{number}")])
    assert tries.count("update") == 50 + 1, "and once to mark what is there as stale"
    await running.until(lambda: tries.count("replace") >= 3, "some tries")
    tries.clear()
    await asyncio.sleep(0.2)
    assert 1 <= tries.count("replace") <= 5
    full = False
    last = names.from_text("more-49.default.svc.cluster.local.")
    await running.until(lambda: table.writer.get(last), "the space")
    there = [web("10.96.0.1"), *(web(f"10.96.1.{number}", f"more-{number}") for number in range(50))]
    assert table.answers() == anew(
        {(change.kind, change.key): change.new_object for change in there if change.new_object}
    )
    tries.clear()
    await asyncio.sleep(0.1)
    assert not tries

    begin, *reminders, end = [text for text in caplog.messages if "space" in text or "again" in text]
    assert begin == "no space; it is tried again every second"
    assert end.startswith("the table is written again, after ")
    assert all("(for " in text for text in reminders)


async def test_on_a_full_disk_silence_is_marked_with_the_reserved_space(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark is the first write that fails: no change has used the reserved space before."""
    sink = table.watcher()
    fill(sink, [web("10.96.0.1")])
    real_update = table.writer.update
    reserve = table.writer._reserve_file

    def update(*arguments: Any) -> int:
        if reserve.exists():
            raise TableError("no space")
        return real_update(*arguments)

    monkeypatch.setattr(table.writer, "update", update)
    assert reserve.exists()
    sink.mark_stale("Service", "silence")
    assert table.meta() is Freshness.STALE


async def test_snapshots_are_taken_when_it_is_quiet(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """And again where one failed."""
    monkeypatch.setattr(snapshots, "QUIET_PERIOD", 0.0)
    sink = table.watcher()
    state = table.state.path
    fault = LastingFault(logging.getLogger("test.snapshots"), "saved again")
    keeping = asyncio.create_task(snapshots.save_periodically(sink, table.writer, state, "one", fault))
    (state / "snapshot-1.mdb").mkdir()  # in the way
    fill(sink, [web("10.96.0.1")])
    await asyncio.sleep(1.2)
    assert snapshot.find_snapshot(state, "one") is None
    (state / "snapshot-1.mdb").rmdir()
    await running.until(lambda: snapshot.find_snapshot(state, "one"), "a snapshot")
    assert sink.changed_at is None
    keeping.cancel()
