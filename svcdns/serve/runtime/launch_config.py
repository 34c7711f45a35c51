"""What the command line hands over to the supervisor; and how it all can be read once more."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from svcdns.errors import ConfigError
from svcdns.serve.runtime import runtime_config
from svcdns.serve.runtime.runtime_config import Plan

if TYPE_CHECKING:
    from svcdns.config.loader import LoadedSettings


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

    return made_of(loader.load_with_origins(flags))


def made_of(loaded: LoadedSettings) -> Launch:
    """The same of settings that were read; raises ConfigError where nothing is to be served."""
    from svcdns.config.object_source import choose_source

    remarks = [
        (logging.INFO if remark.is_harmless else logging.WARNING, loaded.corefile.format_diagnostic(remark))
        for remark in loaded.corefile.diagnostics
    ]
    return Launch(
        runtime_config.from_settings(loaded.settings, choose_source(loaded.settings)),
        dict(loaded.layers[0].values),
        tuple(str(path.absolute()) for path in loaded.config_paths),
        tuple(remarks),
    )


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
