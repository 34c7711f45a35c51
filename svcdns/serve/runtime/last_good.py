"""The last configuration that could be served, kept in the state folder for the next start.

A restart may find that a file has become faulty since it was read. The server then goes on with what the
file said before. The log says so, and it counts as a failed reload until the file is corrected.
"""

import logging
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from svcdns.serve.runtime import launch_config
from svcdns.serve.runtime.launch_config import Launch

log = logging.getLogger("svcdns.config")

FILE_NAME = "configuration.json"


def load_last_good(folder: Path, flags: Mapping[str, Any]) -> Launch | None:
    """What the same flags meant when they could be served; None if that is not known."""
    path = folder / FILE_NAME
    try:
        if not _is_owned_by_us(path):
            return None
        launch = launch_config.load(path)
    except OSError:
        return None
    except msgspec.MsgspecError as error:
        log.warning("ignoring %s: another version of svcdns wrote it: %s", path, error)
        return None
    return launch if launch.flags == dict(flags) else None


def _is_owned_by_us(path: Path) -> bool:
    """Whether this user wrote the file: in a folder that others can write, it might be anybody's."""
    status = path.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
