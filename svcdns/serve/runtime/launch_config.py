"""What the reader of the settings hands over to the supervisor, and what a reload reads again."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svcdns.errors import ConfigError
from svcdns.serve.runtime.runtime_config import RuntimeConfig


class Launch(Struct, frozen=True):
    """What is to be served, and where it comes from."""

    config: RuntimeConfig
    flags: dict[str, Any]
    """The flags of the command line by their setting's key: texts, lists and switches."""
    files: tuple[str, ...]
    """Absolute paths of the configuration's files. When one changes, everything is read again."""
    remarks: tuple[tuple[int, str], ...] = ()
    """Lines for the log, each with its level: what svcdns does not do of a Corefile."""
    last_good_path: str = ""
    """The file that keeps it for the next start (`last_good`); empty if there is no folder for it."""
    refused: str = ""
    """What is wrong with the files as they are now. `config` is then what they said before."""


def with_error(last_good: Launch, error: ConfigError) -> Launch:
    """The last good Launch, with the error of the files that replaced it.

    The files that the error names are watched too, so that a correction of them is noticed.
    """
    files = dict.fromkeys((*last_good.files, *(str(Path(path).absolute()) for path in error.files)))
    return replace(last_good, refused=str(error), files=tuple(files))


def encode(launch: Launch) -> bytes:
    """JSON, for another process or a file."""
    return msgspec.json.encode(launch)


def decode(data: bytes) -> Launch:
    """The Launch that `encode` wrote; raises msgspec.MsgspecError if another version of svcdns wrote it."""
    return msgspec.json.decode(data, type=Launch)
