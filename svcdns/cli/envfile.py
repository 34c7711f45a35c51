"""Variables as text for other programs, such that every reader of a format gets the same values.

Dotenv files have a dialect for each parser, so only what all of them read alike is written; Docker's
`--env-file` has no quotes at all. What a format cannot hold is left out, and said.
"""

import json
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from svcdns.cli.table import escape
from svcdns.kube.service_variables import Variable


class Format(StrEnum):
    """What can be written."""

    DOTENV = "dotenv"
    SHELL = "shell"
    JSON = "json"
    YAML = "yaml"
    DOCKER = "docker"


class Written(NamedTuple):
    """The text, and what could not be written into it."""

    text: str
    left_out: tuple[str, ...] = ()


_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,\[\]-]*")


def write(variables: Iterable[Variable], form: Format) -> Written:
    """The variables in their order: a line each, or one object."""
    if form in _LINES:
        return _write_lines(variables, form)
    mapping = {one.name: one.value for one in variables}
    if form is Format.JSON:
        return Written(json.dumps(mapping, indent=4, ensure_ascii=False) + "\n")
    import yaml

    return Written(yaml.safe_dump(mapping, sort_keys=False, width=1000))


def _write_lines(variables: Iterable[Variable], form: Format) -> Written:
    lines: list[str] = []
    left_out: list[str] = []
    for one in variables:
        line = _LINES[form](one.name, one.value)
        if line is not None:
            lines.append(line + "\n")
        else:
            left_out.append(f"{_shown(one.name, one.value)} is left out: the {form} format cannot hold it")
    return Written("".join(lines), tuple(left_out))


def _shell(name: str, value: str) -> str | None:
    """POSIX 2.2.2: between single quotes everything stands for itself."""
    if not _IDENTIFIER.fullmatch(name):
        return _comment(name, value)
    quoted = value.replace("'", r"'\''")
    return None if "\0" in value else f"export {name}='{quoted}'"


def _dotenv(name: str, value: str) -> str | None:
    """Within single quotes only what no parser takes for an escape, a reference or the end."""
    if not _IDENTIFIER.fullmatch(name):
        return _comment(name, value)
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    return f"{name}='{value}'" if value.isprintable() and not set("'\\$`") & set(value) else None


def _docker(name: str, value: str) -> str | None:
    """All behind the first `=` is the value, spaces and quotes too."""
    return None if set("\n\r\0") & set(value) else f"{name}={value}"


_LINES: dict[Format, Callable[[str, str], str | None]] = {
    Format.DOTENV: _dotenv,
    Format.SHELL: _shell,
    Format.DOCKER: _docker,
}


def _comment(name: str, value: str) -> str:
    """The name as of a Service `1st`, which only a container can have."""
    return f"# not a shell's name: {_shown(name, value)}"


def _shown(name: str, value: str) -> str:
    return escape(f"{name}={value}")
