"""The last configuration that could be served, in the state folder: after a restart it goes on.

A file that became bad while nobody looked is no reason to answer nothing; it is said in the log, and
counted as a reload that failed, until the file is mended.
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
    """What the same flags last meant, as it was kept in this state folder."""
    path = folder / FILE_NAME
    try:
        if not _is_owned_by_us(path):
            return None
        found = launch_config.load(path)
    except OSError:
        return None
    except msgspec.MsgspecError as error:
        log.warning("%s is not used: it is of another version of svcdns: %s", path, error)
        return None
    return found if found.flags == dict(flags) else None


def _is_owned_by_us(path: Path) -> bool:
    """Written by this user; in a folder where others could write it, it might be anybody's."""
    found = path.lstat()
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
