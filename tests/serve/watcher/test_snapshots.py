"""The table at the start, and its snapshots (when they are taken: see `test_watcher_faults`)."""

import contextlib
import logging
from pathlib import Path

import pytest

from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness
from svcdns.rate_limited_log import LastingFault
from svcdns.serve.watcher import snapshots
from svcdns.table import snapshot
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter
from tests.serve.runtime.test_runtime_config import ONE
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


def test_a_snapshot_that_was_damaged_before_it_was_saved_is_not_used(
    table: Table, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its sha256 is right, and nothing of it can be read. It ended the server."""
    state = StateFolder(tmp_path / "another")
    with contextlib.closing(state):

        def write_damaged(target: Path) -> None:
            table.writer.copy(target)
            data = bytearray(target.read_bytes())
            data[100:8192] = bytes(8092)
            target.write_bytes(data)

        snapshot.save_snapshot(state.path, ONE.table_identity, write_damaged)
        assert not snapshots.create_table(ONE, state, state.live_path)
        writer = TableWriter(state.live_path)
        meta = table_meta.decode_meta(writer.get(node_format.META_KEY))
        writer.close()
    assert meta is not None and meta.state is Freshness.EMPTY
    assert "the stored table is damaged, and not used" in caplog.text
