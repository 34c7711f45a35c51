"""What the command line hands over to the supervisor; and what it takes to read it all once more."""

import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svcdns.errors import ConfigError
from svcdns.serve.runtime.runtime_config import RuntimeConfig


class Launch(Struct, frozen=True):
    """What is to be served, and where that is from."""

    config: RuntimeConfig
    flags: dict[str, Any]
    """Of the command line, by the field's name: texts, lists and switches."""
    files: tuple[str, ...]
    """Whose content counts: when one changes, all is read again."""
    remarks: tuple[tuple[int, str], ...] = ()
    """For the log, with their level: what the lines of a Corefile do not become."""
    refused: str = ""
    """What is wrong with the files as they are now; this is what they said when they could be served."""


def instead(last: Launch, error: ConfigError) -> Launch:
    """What could be served last, in the place of what cannot; whoever mends a file is seen."""
    files = dict.fromkeys((*last.files, *(str(Path(path).absolute()) for path in error.files)))
    return replace(last, refused=str(error), files=tuple(files))


def encode(made: Launch) -> bytes:
    """For another process, or a file."""
    return msgspec.json.encode(made)


def decode(data: bytes) -> Launch:
    """The opposite; raises msgspec.MsgspecError where it is of another version."""
    return msgspec.json.decode(data, type=Launch)


def write(made: Launch, path: Path) -> None:
    """Put it into a file that is whole or not there, for its owner alone; raises OSError."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(encode(made))
    new.replace(path)


def load(path: Path) -> Launch:
    """The opposite; raises OSError, and msgspec.MsgspecError where it is of another version."""
    return decode(path.read_bytes())
