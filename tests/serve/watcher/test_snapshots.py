"""The table at the start, and its snapshots (when they are taken: see `test_watcher_faults`)."""

import logging
from pathlib import Path

import pytest

from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness
from svcdns.rate_limited_log import LastingFault
from svcdns.serve.watcher import snapshots
from svcdns.table import snapshot
from tests.serve.watched import OPTIONS, Table, fill


def fault() -> LastingFault:
    return LastingFault(logging.getLogger("test.snapshots"), "saved again")


def test_a_table_without_answers_is_empty(table: Table) -> None:
    assert not snapshots.prepare_table(table.writer, OPTIONS)
    assert table.meta() is Freshness.EMPTY


async def test_a_table_with_answers_is_stale_until_the_first_list(table: Table) -> None:
    fill(table.watcher(), [])
    assert table.meta() is Freshness.FRESH
    assert snapshots.prepare_table(table.writer, OPTIONS)
    assert table.meta() is Freshness.STALE


async def test_a_table_of_another_format_is_emptied(table: Table) -> None:
    fill(table.watcher(), [])
    meta = table_meta.decode_meta(table.writer.get(node_format.META_KEY))
    assert meta is not None
    meta_of_future = table_meta.TableMeta(
        meta.format + 1, meta.state, meta.zones, meta.has_hosts, meta.has_files
    )
    table.writer.update((), {node_format.META_KEY: table_meta.encode_meta(meta_of_future)}, {})
    assert not snapshots.prepare_table(table.writer, OPTIONS)
    assert table.meta() is Freshness.EMPTY
    assert table.answers() == {}


def test_a_snapshot_is_found_by_its_identity(table: Table) -> None:
    assert snapshots.save_snapshot(table.writer, table.state.path, "these settings", fault())
    assert snapshot.find_snapshot(table.state.path, "these settings") is not None
    assert snapshot.find_snapshot(table.state.path, "other settings") is None


def test_a_snapshot_that_cannot_be_written_is_no_reason_to_stop(
    table: Table, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    saving = fault()
    for _ in range(2):
        assert not snapshots.save_snapshot(table.writer, tmp_path / "missing", "these settings", saving)
    assert snapshots.save_snapshot(table.writer, table.state.path, "these settings", saving)
    begin, end = caplog.messages
    assert begin.startswith("the table could not be saved for the next start: ")
    assert end.startswith("saved again, after ")
