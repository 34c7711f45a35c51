"""Whole copies of the table, from which the next start answers before its source does.

A copy is used only with its description, which is renamed into place last. That has the copy's sha256, and
the identity of what it was made of: another format, zone, option or source is another identity.
"""

import hashlib
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

log = logging.getLogger("svcdns.snapshot")

_SNAPSHOT_NAME = re.compile(r"snapshot-[0-9]{1,15}\.mdb")


class SnapshotDescription(msgspec.Struct, frozen=True):
    """The content of snapshot.json."""

    file: str
    sha256: str
    identity: str


def save_snapshot(state_path: Path, identity: str, write_copy: Callable[[Path], None]) -> None:
    """Write a new snapshot, then remove the older one; raises OSError and what `write_copy` raises."""
    previous = _read_description(state_path)
    number = 1 + (int(previous.file[9:-4]) if previous else 0)  # between "snapshot-" and ".mdb"
    target = state_path / f"snapshot-{number}.mdb"
    draft = state_path / "snapshot.json.new"

    try:
        write_copy(target)
        _sync(target)
        draft.write_bytes(msgspec.json.encode(SnapshotDescription(target.name, _sha256(target), identity)))
        _sync(draft)
    except BaseException:
        target.unlink(missing_ok=True)  # on a full disk it would take the table's space
        draft.unlink(missing_ok=True)
        raise

    # From here on the new one is used; the folder is synced before the older one goes.
    draft.rename(state_path / "snapshot.json")
    _sync(state_path)
    for old in state_path.glob("snapshot-*.mdb"):
        if old != target:
            old.unlink(missing_ok=True)


def find_snapshot(state_path: Path, identity: str) -> Path | None:
    """The last snapshot, if it is whole and of this identity; otherwise None, and the log says why."""
    description = _read_description(state_path)
    if description is None:
        return None

    path = state_path / description.file
    if description.identity != identity:
        log.info("ignoring the stored table: it was made with another configuration")
        return None

    try:
        is_whole = _sha256(path) == description.sha256
    except OSError as error:
        log.warning("the stored table %s cannot be read and is not used: %s", path, error)
        return None
    if not is_whole:
        log.warning("the stored table %s is damaged (its sha256 differs) and is not used", path)
        return None
    return path


def _read_description(state_path: Path) -> SnapshotDescription | None:
    path = state_path / "snapshot.json"
    try:
        description = msgspec.json.decode(path.read_bytes(), type=SnapshotDescription)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s cannot be read, the stored table is not used: %s", path, error)
        return None

    # The name comes from a file that anyone may have edited: no path that leads out of the folder.
    if not _SNAPSHOT_NAME.fullmatch(description.file):
        log.warning("%s names no snapshot, the stored table is not used", path)
        return None
    return description


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
