"""The last configuration that could be served, kept for the next start.

A restart may find that a file has become faulty since it was read. The server then goes on with what the
file said before. The log says so, and it counts as a failed reload until the file is corrected.

There is a file for each set of flags and variables, because the settings themselves (`listen`, `state_dir`)
may stand in the file that is broken. `path_of` names it.
"""

import contextlib
import hashlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from svcdns import private_folder
from svcdns.serve.runtime import launch_config
from svcdns.serve.runtime.launch_config import Launch

log = logging.getLogger("svcdns.config")

FOLDER_NAME = "configurations"
MAX_FILES = 16
"""Of more, the oldest ones are removed: each other flag or variable makes a new one."""


def path_of(state_dir: Path, flags: Mapping[str, Any], variables: Mapping[str, str]) -> Path:
    """The file for these flags and variables."""
    working_folder = ""
    with contextlib.suppress(FileNotFoundError):
        # Relative paths mean other files elsewhere.
        working_folder = str(Path.cwd())

    invocation = msgspec.json.encode((working_folder, flags, variables), order="deterministic")
    return state_dir / FOLDER_NAME / f"{hashlib.sha256(invocation).hexdigest()[:32]}.json"


def load_last_good(path: Path, flags: Mapping[str, Any]) -> Launch | None:
    """What the same flags meant when they could be served; None if that is not known."""
    try:
        launch = launch_config.decode(_read(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("ignoring %s: %s", path, error.strerror)
        return None
    except msgspec.MsgspecError as error:
        log.warning("ignoring %s: another version of svcdns wrote it: %s", path, error)
        return None
    return launch if launch.flags == dict(flags) else None


def save_last_good(path: Path, launch: Launch) -> None:
    """Write the file, which only its owner can read, and which is always whole; raises OSError."""
    private_folder.make(path.parent)
    folder = private_folder.open_folder(path.parent)
    try:
        draft = f"{path.name}.new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)

        descriptor = private_folder.open_file(folder, draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with os.fdopen(descriptor, "wb") as file:
            file.write(launch_config.encode(launch))
        os.rename(draft, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        _remove_oldest(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> bytes:
    folder = private_folder.open_folder(path.parent)
    try:
        descriptor = private_folder.open_file(folder, path.name, os.O_RDONLY)
    finally:
        os.close(folder)

    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def _remove_oldest(folder: int) -> None:
    written_at = {name: os.stat(name, dir_fd=folder).st_mtime_ns for name in os.listdir(folder)}
    oldest_first = sorted(written_at, key=written_at.__getitem__)
    for name in oldest_first[:-MAX_FILES]:
        # Another server may do the same.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
