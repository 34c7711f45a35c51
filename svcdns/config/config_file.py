"""The file of `--config`: YAML, or a Corefile.

A file called `Corefile` or `*.corefile` is a Corefile; every other file is YAML. The YAML key `corefile` is
the path of a Corefile, or, with several lines, its text. So one ConfigMap can hold both.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from svcdns import value_types
from svcdns.config.config_document import ConfigDocument
from svcdns.config.corefile import tokenizer
from svcdns.config.corefile.translation_state import TranslatedCorefile
from svcdns.errors import ConfigError
from svcdns.serve.runtime import host_defaults

COREFILE_KEY = "corefile"

_COREFILE_BLOCK = re.compile(rb"^[^#\n]*\{\s*$", re.MULTILINE)
"""A line that begins a block of a Corefile. It explains why a file is not YAML."""

_EMPTY_DOCUMENT = ConfigDocument(Path())
_EMPTY_COREFILE = TranslatedCorefile(_EMPTY_DOCUMENT)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What was read: the YAML keys, the settings of the Corefile, and the paths of all files."""

    document: ConfigDocument = _EMPTY_DOCUMENT
    corefile: TranslatedCorefile = _EMPTY_COREFILE
    paths: tuple[Path, ...] = ()


def is_corefile(path: Path) -> bool:
    """Whether a file is a Corefile, by its name alone, so that nobody has to guess."""
    return path.name == "Corefile" or path.suffix == ".corefile"


def read_config_file(path: Path) -> ConfigFile:
    """Read the file, and the Corefile that it names or holds.

    Raises ConfigError if a file cannot be read, or is neither YAML nor a Corefile.
    """
    if is_corefile(path):
        corefile = _read_corefile(path)
        return ConfigFile(corefile=corefile, paths=(path, *corefile.imported_paths))

    document = _read_document(path)
    if "config" in document.values:
        raise ConfigError(f"{document.location(('config',))}: config: a file cannot name another one")

    corefile_value = document.values.pop(COREFILE_KEY, None)
    if corefile_value is None:
        return ConfigFile(document, paths=(path,))

    if not isinstance(corefile_value, str) or not corefile_value or "\0" in corefile_value:
        raise ConfigError(
            f"{document.location((COREFILE_KEY,))}: {COREFILE_KEY}: "
            "a path or a text of several lines was expected"
        )

    if "\n" in corefile_value:
        corefile = _translate_inline(document, corefile_value)
        return ConfigFile(document, corefile, (path, *corefile.imported_paths))

    corefile_path = value_types.parse_path(corefile_value)
    corefile = _read_corefile(corefile_path)
    return ConfigFile(document, corefile, (path, corefile_path, *corefile.imported_paths))


def _read_document(path: Path) -> ConfigDocument:
    # A server without a file of settings need not wait for PyYAML.
    from svcdns.config import yaml_file

    try:
        return yaml_file.read_yaml(path)
    except ConfigError as error:
        if path.is_file() and _COREFILE_BLOCK.search(path.read_bytes()):
            raise ConfigError(f"{error}; a Corefile is called `Corefile`, or ends with `.corefile`") from None
        raise


def _read_corefile(path: Path) -> TranslatedCorefile:
    try:
        with path.open("rb") as file:
            # A character has at most 4 bytes in UTF-8; the tokenizer refuses what is longer.
            text = file.read(4 * tokenizer.MAX_CHARACTERS + 1).decode()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", (str(path),)) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: the file is not UTF-8 text", (str(path),)) from None

    return _translate(text, path, 0, path)


def _translate_inline(document: ConfigDocument, text: str) -> TranslatedCorefile:
    """Translate a Corefile within YAML. Remarks on a block text (`corefile: |`) name YAML lines."""
    first = document.lines.get((COREFILE_KEY, 0))
    path = document.path if first else Path(f"{document.location((COREFILE_KEY,))}: {COREFILE_KEY}")
    return _translate(text, path, first - 1 if first else 0, document.path)


def _translate(text: str, shown_path: Path, line_offset: int, path: Path) -> TranslatedCorefile:
    # Like yaml_file, only where they are needed.
    from svcdns.config.corefile import translator
    from svcdns.config.corefile.imports import Imports

    return translator.translate_corefile(
        text, shown_path, line_offset, Imports(path, os.environ), host_defaults.wildcard_addresses()
    )
