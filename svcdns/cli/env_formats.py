"""Variables as text for other programs, such that every reader of a format gets the same values.

Dotenv files have a dialect for each parser, so only what all of them read alike is written; Docker's
`--env-file` has no quotes at all. What a format cannot hold is left out, and said.
"""

import json
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from svcdns.cli.services_table import escape_unprintable
from svcdns.kube.injection.service_env_vars import ServiceVariable


class EnvFormat(StrEnum):
    """What can be written."""

    DOTENV = "dotenv"
    SHELL = "shell"
    JSON = "json"
    YAML = "yaml"
    DOCKER = "docker"


class EnvText(NamedTuple):
    """The text, and what could not be written into it."""

    text: str
    skipped: tuple[str, ...] = ()


_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNQUOTED_VALUE = re.compile(r"[A-Za-z0-9_./:@%+,\[\]-]*")


def format_variables(variables: Iterable[ServiceVariable], env_format: EnvFormat) -> EnvText:
    """The variables in their order: a line each, or one object."""
    if env_format in _LINE_FORMATTERS:
        return _format_lines(variables, env_format)
    mapping = {one.name: one.value for one in variables}
    if env_format is EnvFormat.JSON:
        return EnvText(json.dumps(mapping, indent=4, ensure_ascii=False) + "\n")
    import yaml

    return EnvText(yaml.safe_dump(mapping, sort_keys=False, width=1000))


def _format_lines(variables: Iterable[ServiceVariable], env_format: EnvFormat) -> EnvText:
    lines: list[str] = []
    left_out: list[str] = []
    for one in variables:
        line = _LINE_FORMATTERS[env_format](one.name, one.value)
        if line is not None:
            lines.append(line + "\n")
        else:
            left_out.append(
                f"{_escape_pair(one.name, one.value)} is left out: the {env_format} format cannot hold it"
            )
    return EnvText("".join(lines), tuple(left_out))


def _shell_line(name: str, value: str) -> str | None:
    """POSIX 2.2.2: between single quotes everything stands for itself."""
    if not _IDENTIFIER.fullmatch(name):
        return _comment_line(name, value)
    quoted = value.replace("'", r"'\''")
    return None if "\0" in value else f"export {name}='{quoted}'"


def _dotenv_line(name: str, value: str) -> str | None:
    """Within single quotes only what no parser takes for an escape, a reference or the end."""
    if not _IDENTIFIER.fullmatch(name):
        return _comment_line(name, value)
    if _UNQUOTED_VALUE.fullmatch(value):
        return f"{name}={value}"
    return f"{name}='{value}'" if value.isprintable() and not set("'\\$`") & set(value) else None


def _docker_line(name: str, value: str) -> str | None:
    """All behind the first `=` is the value, spaces and quotes too."""
    return None if set("\n\r\0") & set(value) else f"{name}={value}"


_LINE_FORMATTERS: dict[EnvFormat, Callable[[str, str], str | None]] = {
    EnvFormat.DOTENV: _dotenv_line,
    EnvFormat.SHELL: _shell_line,
    EnvFormat.DOCKER: _docker_line,
}


def _comment_line(name: str, value: str) -> str:
    """The name as of a Service `1st`, which only a container can have."""
    return f"# not a shell's name: {_escape_pair(name, value)}"


def _escape_pair(name: str, value: str) -> str:
    return escape_unprintable(f"{name}={value}")
