"""One writer, and readers in other processes: whole versions, exact replacement, no slot left behind."""

import contextlib
import signal
import subprocess
import sys
import tempfile
from collections import UserDict
from collections.abc import ItemsView, Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.errors import TableError
from svcdns.table import writer as writing
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter
from tests.table.content import content
from tests.table.peer import peer

KEYS = st.binary(min_size=1, max_size=12).map(lambda key: b"\7" + key)
TABLES = st.dictionaries(KEYS, st.binary(max_size=30), max_size=40)


@contextlib.contextmanager
def new_writer(apart: tuple[bytes, ...] = ()) -> Iterator[TableWriter]:
    """Of a table of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(StateFolder(Path(folder))) as state,
    ):
        state.create_live(None)
        with contextlib.closing(TableWriter(state.live_path, apart)) as made:
            yield made


@given(TABLES, TABLES, st.dictionaries(st.sampled_from((b"\0own 1", b"\0own 2")), KEYS), st.integers(1, 9))
def test_replace_makes_the_table_exactly_so(
    before: dict[bytes, bytes], after: dict[bytes, bytes], last: dict[bytes, bytes], part: int
) -> None:
    """Also where it is filled in parts, over some keys of its own."""
    others = len(before.keys() - after.keys() - last.keys())
    for again, removed in ((TableWriter.replace, others), (TableWriter.fill, len(before))):
        with new_writer() as writer, mock.patch.object(writing, "BATCH_SIZE", part):
            assert writer.fill(before.items()) == 0
            assert content(writer) == before
            assert again(writer, after.items(), last) == removed
            assert content(writer) == after | last


@given(st.lists(TABLES, min_size=4, max_size=4))
def test_what_is_apart_is_written_by_itself(tables: list[dict[bytes, bytes]]) -> None:
    whole, apart, other, after = tables
    below = {b"\0z" + key: value for key, value in apart.items()}
    beside = {b"\0h" + key: value for key, value in other.items()}
    with new_writer(apart=(b"\0h", b"\0z")) as writer:
        writer.fill(whole.items())
        writer.replace(below.items(), prefix=b"\0z")
        writer.replace(beside.items(), prefix=b"\0h")
        assert content(writer) == whole | below | beside
        assert writer.replace(after.items()) == len(whole.keys() - after.keys())
        assert content(writer) == after | below | beside
        writer.fill(whole.items())
        assert content(writer) == whole | below | beside
        assert writer.replace((), {b"own": b"1"}, b"\0z") == len(below)
        assert content(writer) == whole | beside | {b"own": b"1"}


@given(TABLES, TABLES, st.lists(KEYS))
def test_update_changes_what_it_is_told(
    before: dict[bytes, bytes], values: dict[bytes, bytes], other: list[bytes]
) -> None:
    gone = {key for key in (*other, *list(before)[::2]) if key not in values}
    stamp = {b"stamp": b"1"}
    before = before | {b"stamp": b"0"}
    with new_writer() as writer:
        writer.replace(before.items())
        changed = writer.update(gone, values, stamp)
        differ = {key for key in gone if key in before}
        differ |= {key for key, value in values.items() if before.get(key) != value}
        assert changed == len(differ)
        wanted = {key: value for key, value in (before | values).items() if key not in gone}
        assert content(writer) == (wanted | stamp if differ else before)


def test_without_a_change_there_is_no_new_version(writer: TableWriter, state: StateFolder) -> None:
    writer.update((), {b"a": b"1"}, {b"stamp": b"1"})
    with peer(state.live_path) as other:
        version = other.ask("begin")
        other.ask("end")
        assert writer.update([b"gone"], {b"a": b"1"}, {b"stamp": b"2"}) == 0
        assert other.ask("begin") == version
        assert other.get(b"stamp") == b"1"
        other.ask("end")
        assert writer.update([b"a"], {}, {b"stamp": b"2"}) == 1
        assert int(other.ask("begin")) == int(version) + 1
        assert (other.get(b"a"), other.get(b"stamp")) == (None, b"2")


def test_a_reader_stays_in_its_version(writer: TableWriter, state: StateFolder) -> None:
    writer.replace([(b"a", b"1")], {})
    with peer(state.live_path) as other:
        other.ask("begin")
        writer.replace([(b"b", b"2")], {})
        assert (other.get(b"a"), other.get(b"b")) == (b"1", None)
        other.ask("end")
        other.ask("begin")
        assert (other.get(b"a"), other.get(b"b")) == (None, b"2")


def test_readers_in_other_processes_see_whole_versions(writer: TableWriter, state: StateFolder) -> None:
    last = 300
    writer.replace((b"key %d" % key, b"0") for key in range(200))
    with peer(state.live_path) as one, peer(state.live_path) as another:
        for other in (one, another):
            other.tell("watch", last)
        for version in range(1, last + 1):
            values = {b"key %d" % key: b"%d" % version for key in range(version % 50, 200)}
            if version % 2:
                writer.update([b"key %d" % key for key in range(version % 50)], values, {})
            else:
                writer.replace(values.items())
        values = {b"key %d" % key: b"%d" % last for key in range(200)}
        writer.replace(values.items())
        for other in (one, another):
            versions, mixed = map(int, other.hear().split())
            assert mixed == 0
            assert versions > 1


def test_the_slot_of_a_reader_that_was_killed_is_given_back(writer: TableWriter, state: StateFolder) -> None:
    writer.replace((b"key %d" % key, bytes(100)) for key in range(500))
    with peer(state.live_path) as other:
        other.ask("begin")
        assert writer.free_dead_readers() == 0
        rewrite(writer, 40)
        held = writer.used_bytes()
        other.process.send_signal(signal.SIGKILL)
        other.process.wait()
        assert writer.free_dead_readers() == 1
        assert writer.free_dead_readers() == 0
    rewrite(writer, 2)
    rewrite(writer, 40)
    assert writer.used_bytes() <= held, "no page is kept for a reader that is gone"


def rewrite(writer: TableWriter, times: int) -> None:
    """Every value, so many times."""
    for number in range(times):
        writer.update((), {b"key %d" % key: number.to_bytes(100, "big") for key in range(500)}, {})


def test_a_writer_that_was_killed_in_a_transaction_leaves_the_last_version(state: StateFolder) -> None:
    script = """if True:
        import os, signal, sys
        from pathlib import Path
        from svcdns.table.writer import TableWriter
        writer = TableWriter(Path(sys.argv[1]))
        writer.replace((b"key %d" % key, b"old") for key in range(1000))
        def entries():
            for key in range(500):
                yield b"key %d" % key, b"new"
            os.kill(os.getpid(), signal.SIGKILL)
        writer.replace(entries())
    """
    killed = subprocess.run([sys.executable, "-c", script, str(state.live_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with contextlib.closing(TableWriter(state.live_path)) as writer, peer(state.live_path) as other:
        other.ask("begin")
        assert {other.get(b"key %d" % key) for key in (0, 499, 500, 999)} == {b"old"}
        assert writer.update((), {b"key 0": b"new"}, {}) == 1


def test_a_key_that_cannot_be_written(writer: TableWriter) -> None:
    writer.replace([(b"a", b"1")], {})
    with pytest.raises(TableError, match="the table cannot be written"):
        writer.update([b"a"], {b"b": b"2", b"long" * 200: b"3"}, {})
    assert content(writer) == {b"a": b"1"}, "all of it or nothing"


def test_what_makes_the_rest_count_comes_with_the_last_of_it(
    writer: TableWriter, state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH_SIZE", 10)
    writer.replace((), {b"\0state": b"empty"})
    seen: set[tuple[bytes | None, ...]] = set()

    class Loud(UserDict[bytes, bytes]):
        """Looks at what another process sees, right before it is written."""

        def items(self) -> ItemsView[bytes, bytes]:
            other.ask("begin")
            seen.add((other.get(b"\0state"), *(other.get(b"key %d" % number) for number in (0, 9))))
            other.ask("end")
            return super().items()

    with peer(state.live_path) as other:
        entries = [(b"key %d" % number, b"value") for number in reversed(range(100))]
        writer.fill(entries, Loud({b"\0state": b"full"}))
        other.ask("begin")
        assert other.get(b"\0state") == b"full"
    assert seen == {(b"empty", b"value", b"value")}
    assert not (state.path / "scratch").exists()


def test_pages_are_full_whatever_the_order(writer: TableWriter) -> None:
    entries = {b"%d key" % (number * 7919 % 50_000): bytes(100) for number in range(50_000)}
    writer.fill(entries.items())
    assert content(writer) == entries
    assert writer.used_bytes() < 1.2 * sum(len(key) + 100 + 10 for key in entries)


def test_what_an_interrupted_one_has_left_is_gone(writer: TableWriter) -> None:
    writer.fill([(b"z", b"old"), (b"a", b"old")], {b"\0state": b"empty"})
    writer.fill([(b"b", b"new")])
    assert content(writer) == {b"b": b"new"}
