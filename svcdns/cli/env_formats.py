"""Variables as text for other programs, such that every reader of a format gets the same values.

Each parser of dotenv files has its own dialect, so only what all of them read alike is written. Docker's
`--env-file` has no quotes at all. A variable that a format cannot hold is left out, with a warning.
"""

import json
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from svcdns import printable_text
from svcdns.kube.injection.service_env_vars import ServiceVariable


class EnvFormat(StrEnum):
    """The formats, by the value of `--format`."""

    DOTENV = "dotenv"
    SHELL = "shell"
    JSON = "json"
    YAML = "yaml"
    DOCKER = "docker"


class EnvText(NamedTuple):
    """The text, and a warning for each variable that is not in it."""

    text: str
    skipped: tuple[str, ...] = ()


_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""A name in the sense of POSIX (3.216)."""

_UNQUOTED_VALUE = re.compile(r"[A-Za-z0-9_./:@%+,\[\]-]*")
"""A value that no parser of dotenv files reads differently with and without quotes."""


def format_variables(variables: Iterable[ServiceVariable], env_format: EnvFormat) -> EnvText:
    """The variables in their order: a line for each, or one object."""
    if env_format in _LINE_FORMATTERS:
        return _format_lines(variables, env_format)

    mapping = {variable.name: variable.value for variable in variables}
    if env_format is EnvFormat.JSON:
        text = json.dumps(mapping, indent=4, ensure_ascii=False)
        return EnvText(printable_text.escape_json(text) + "\n")

    import yaml  # slow, and the usual formats do without

    return EnvText(yaml.safe_dump(mapping, sort_keys=False, width=1000))


def _format_lines(variables: Iterable[ServiceVariable], env_format: EnvFormat) -> EnvText:
    lines: list[str] = []
    warnings: list[str] = []

    for variable in variables:
        line = _LINE_FORMATTERS[env_format](variable.name, variable.value)
        if line is not None:
            lines.append(line + "\n")
        else:
            pair = _escape_pair(variable.name, variable.value)
            warnings.append(f"{pair} is left out: the {env_format} format cannot hold it")

    return EnvText("".join(lines), tuple(warnings))


def _shell_line(name: str, value: str) -> str | None:
    """A line for a POSIX shell (2.2.2): between single quotes every character stands for itself."""
    if not _IDENTIFIER.fullmatch(name):
        return _comment_line(name, value)

    # A single quote ends the quotes, is written itself, and opens them again.
    quoted = value.replace("'", r"'\''")
    # No environment can hold it: a value ends there (environ(7)).
    return None if "\0" in value else f"export {name}='{quoted}'"


def _dotenv_line(name: str, value: str) -> str | None:
    """A line of a dotenv file; None if a parser would see an escape, a reference or the end in the value."""
    if not _IDENTIFIER.fullmatch(name):
        return _comment_line(name, value)
    if _UNQUOTED_VALUE.fullmatch(value):
        return f"{name}={value}"
    return f"{name}='{value}'" if value.isprintable() and not set("'\\$`") & set(value) else None


def _docker_line(name: str, value: str) -> str | None:
    """A line of Docker's `--env-file`: all behind the first `=` is the value, spaces and quotes too."""
    return None if set("\n\r\0") & set(value) else f"{name}={value}"


_LINE_FORMATTERS: dict[EnvFormat, Callable[[str, str], str | None]] = {
    EnvFormat.DOTENV: _dotenv_line,
    EnvFormat.SHELL: _shell_line,
    EnvFormat.DOCKER: _docker_line,
}


def _comment_line(name: str, value: str) -> str:
    """A comment for a name that no shell can have but a container can, as that of a Service `1st`."""
    return f"# not a shell's name: {_escape_pair(name, value)}"


def _escape_pair(name: str, value: str) -> str:
    return printable_text.escape(f"{name}={value}")
