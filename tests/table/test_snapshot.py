"""A snapshot is used only where it is whole and of the same identity, and what is not used is said."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from svcdns.table import snapshot
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter
from tests.table.peer import peer

IDENTITY = "manifests of /etc/svcdns"


@pytest.fixture
def saved(writer: TableWriter, tmp_path: Path) -> Path:
    """A folder with a snapshot."""
    writer.replace([(b"key %d" % number, bytes(200)) for number in range(100)], {})
    snapshot.save_snapshot(tmp_path, IDENTITY, writer.copy)
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.glob("snapshot*"))


def test_a_snapshot_becomes_the_next_live_table(saved: Path, tmp_path: Path) -> None:
    found = snapshot.find_snapshot(saved, IDENTITY)
    assert found == saved / "snapshot-1.mdb"
    state = StateFolder(tmp_path / "next")
    state.create_live(found)
    with peer(state.live_path) as other:
        other.ask("begin")
        assert other.get(b"key 99") == bytes(200)
    state.close()


def test_each_is_kept_until_the_next_is_whole(saved: Path, writer: TableWriter) -> None:
    def fail(target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        snapshot.save_snapshot(saved, IDENTITY, fail)
    assert snapshot.find_snapshot(saved, IDENTITY) == saved / "snapshot-1.mdb"
    assert files(saved) == ["snapshot-1.mdb", "snapshot.json"], "the half one takes no space"
    for _ in range(2):
        snapshot.save_snapshot(saved, IDENTITY, writer.copy)
    assert files(saved) == ["snapshot-3.mdb", "snapshot.json"]
    assert snapshot.find_snapshot(saved, IDENTITY) == saved / "snapshot-3.mdb"


def test_none_is_no_mistake(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert snapshot.find_snapshot(tmp_path, IDENTITY) is None
    assert not caplog.records


def truncate(folder: Path) -> None:
    table = folder / "snapshot-1.mdb"
    table.write_bytes(table.read_bytes()[:-4096])


def flip(folder: Path) -> None:
    table = folder / "snapshot-1.mdb"
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 0x10
    table.write_bytes(data)


def empty(folder: Path) -> None:
    (folder / "snapshot-1.mdb").write_bytes(b"")


def remove(folder: Path) -> None:
    (folder / "snapshot-1.mdb").unlink()


def break_json(folder: Path) -> None:
    (folder / "snapshot.json").write_text('{"file": "snapshot-1.mdb", ')


def empty_json(folder: Path) -> None:
    (folder / "snapshot.json").write_bytes(b"")


def no_text(folder: Path) -> None:
    (folder / "snapshot.json").write_bytes(b"\xff\xfe{}")


def change(**values: object) -> Callable[[Path], None]:
    """Other values in snapshot.json."""

    def apply(folder: Path) -> None:
        path = folder / "snapshot.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    apply.__name__ = ", ".join(f"{key}={value}" for key, value in values.items())
    return apply


def be_a_folder(folder: Path) -> None:
    (folder / "snapshot-1.mdb").unlink()
    (folder / "snapshot-1.mdb").mkdir()


DAMAGE = {
    truncate: "is damaged",
    flip: "is damaged",
    empty: "is damaged",
    change(sha256="0" * 64): "is damaged",
    change(sha256=""): "is damaged",
    remove: "cannot be read",
    be_a_folder: "cannot be read",
    break_json: "cannot be read",
    empty_json: "cannot be read",
    no_text: "cannot be read",
    change(sha256=7): "cannot be read",
    change(file="../../etc/passwd"): "names no snapshot",
    change(file="snapshot-.mdb"): "names no snapshot",
    change(file="snapshot-\u0661.mdb"): "names no snapshot",
    change(file="snapshot-" + "9" * 5000 + ".mdb"): "names no snapshot",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__[:40])
def test_what_is_damaged_is_not_used(
    damage: Callable[[Path], None], saved: Path, writer: TableWriter, caplog: pytest.LogCaptureFixture
) -> None:
    damage(saved)
    assert snapshot.find_snapshot(saved, IDENTITY) is None
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert DAMAGE[damage] in record.getMessage()
    assert "not used" in record.getMessage()
    if damage is not be_a_folder:
        snapshot.save_snapshot(saved, IDENTITY, writer.copy)
        found = snapshot.find_snapshot(saved, IDENTITY)
        assert found is not None
        assert files(saved) == [found.name, "snapshot.json"]


def test_another_identity_is_not_used(saved: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert snapshot.find_snapshot(saved, "another") is None
    assert "another configuration" in caplog.text


def test_a_table_that_changes_meanwhile_is_copied_as_it_was(writer: TableWriter, tmp_path: Path) -> None:
    """The copy is of one version, though the sum is taken after."""
    writer.replace([(b"a", b"1")], {})

    def copy(target: Path) -> None:
        writer.copy(target)
        writer.replace([(b"a", b"2")], {})

    snapshot.save_snapshot(tmp_path, IDENTITY, copy)
    state = StateFolder(tmp_path / "next")
    state.create_live(snapshot.find_snapshot(tmp_path, IDENTITY))
    with peer(state.live_path) as other:
        other.ask("begin")
        assert other.get(b"a") == b"1"
    state.close()
