"""From the command line to the supervisor, in the same process; and how it all can be read once more."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svcdns.errors import ConfigError
from svcdns.serve import plan
from svcdns.serve.plan import Plan

if TYPE_CHECKING:
    from svcdns.config.loader import Loaded


class Launch(Struct, frozen=True):
    """A plan, and where it is from."""

    plan: Plan
    flags: dict[str, Any]
    """Of the command line, by the field's name: texts, lists and switches."""
    files: tuple[str, ...]
    """Whose content counts: when one changes, all is read again."""
    remarks: tuple[tuple[int, str], ...] = ()
    """For the log, with their level: what the lines of a Corefile do not become."""
    refused: str = ""
    """What is wrong with the files as they are now; this is what they said when they could be served."""


def read(flags: Mapping[str, Any]) -> Launch:
    """What these flags, the environment and the file they name ask for now; raises ConfigError."""
    from svcdns.config import loader

    return made_of(loader.read(flags))


def made_of(loaded: Loaded) -> Launch:
    """The same of settings that were read; raises ConfigError where nothing is to be served."""
    from svcdns.config.source import source_of

    remarks = [
        (logging.INFO if remark.harmless else logging.WARNING, loaded.corefile.say(remark))
        for remark in loaded.corefile.remarks
    ]
    return Launch(
        plan.from_settings(loaded.settings, source_of(loaded.settings)),
        dict(loaded.layers[0].values),
        tuple(str(path.absolute()) for path in loaded.files),
        tuple(remarks),
    )


def instead(last: Launch, error: ConfigError) -> Launch:
    """What could be served last, in the place of what cannot; whoever mends a file is seen."""
    files = dict.fromkeys((*last.files, *(str(Path(path).absolute()) for path in error.files)))
    return replace(last, refused=str(error), files=tuple(files))


def start(made: Launch) -> NoReturn:
    """Become the supervisor: exec, so that nothing of the command line stays in memory."""
    handed = _file_in_memory()
    with os.fdopen(handed, "wb", closefd=False) as file:
        file.write(msgspec.json.encode(made))
    os.lseek(handed, 0, os.SEEK_SET)
    os.set_inheritable(handed, True)
    sys.stdout.flush()
    # All was just read: until the supervisor listens, SIGHUP must not end what serves.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execv(sys.executable, [sys.executable, "-m", "svcdns.serve.supervisor", str(handed)])  # noqa: S606


def _file_in_memory() -> int:
    """A pipe holds but 64 KiB; and a container need have no folder for temporary files."""
    if sys.platform == "linux":
        return os.memfd_create("svcdns")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def write(made: Launch, path: Path) -> None:
    """Put it into a file that is whole or not there, for its owner alone; raises OSError."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(made))
    new.replace(path)


def load(path: Path) -> Launch:
    """The opposite; raises OSError, and msgspec.MsgspecError where it is of another version."""
    return msgspec.json.decode(path.read_bytes(), type=Launch)
