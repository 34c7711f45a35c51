"""`svcdns config show`: prints the effective settings as a YAML file, each with its origin."""

from collections.abc import Iterator
from typing import Any

import typer
import yaml

from svcdns import printable_text
from svcdns.cli.help_format import Command, CommandGroup
from svcdns.cli.options import with_loaded
from svcdns.config.loader import LoadedSettings
from svcdns.config.settings import ANSWERS, OUTSIDE, PROCESS, SECTIONS, SOURCE

EXAMPLES = """
svcdns config show --config Corefile
svcdns config show --config Corefile >svcdns.yaml
svcdns config show --config svcdns.yaml --ttl 5
"""

app = typer.Typer(cls=CommandGroup, no_args_is_help=True, epilog=EXAMPLES, rich_markup_mode=None)


@app.callback()
def config() -> None:
    """Look at the settings."""


@app.command(cls=Command, epilog=EXAMPLES)
@with_loaded(SOURCE, ANSWERS, OUTSIDE, PROCESS)
def show(loaded: LoadedSettings) -> int:
    """Print the settings as a file for --config, each with where it comes from.

    What is a comment is a default. Lines of a Corefile that have no equal are named by `svcdns check`.
    """
    for line in _file_lines(loaded):
        print(line)
    return 0


def _file_lines(loaded: LoadedSettings) -> Iterator[str]:
    for number, section in enumerate(SECTIONS):
        yield from ([""] if number else [])
        yield f"# {section.title}"
        for key in section.keys:
            yield from _setting_lines(loaded, key)


def _setting_lines(loaded: LoadedSettings, name: str) -> Iterator[str]:
    """The lines of one setting: its key with a value, or with its items below each other."""
    value = getattr(loaded.settings, name)
    if loaded.origin(name) is None:
        yield f"# {name}: {_yaml_value(value)}".rstrip()
    elif isinstance(value, tuple) and value:
        yield f"{name}:"
        for index, item in enumerate(value):
            yield f"- {_yaml_value(item)}  # {_origin_text(loaded, name, index)}"
    else:
        yield f"{name}: {_yaml_value(value)}  # {_origin_text(loaded, name)}"


def _origin_text(loaded: LoadedSettings, name: str, *index: int) -> str:
    # A path may have any character; a line feed would end the comment.
    origin = (
        f"{loaded.origin(name, *index)}{', a default of CoreDNS' if loaded.is_coredns_default(name) else ''}"
    )
    return printable_text.escape(origin)


def _yaml_value(value: object) -> str:
    """A value on one line; empty if there is none."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return _dump_list(list(map(str, value)), flow_style=True)

    # YAML writes a list of one as `- value`, and a lone scalar with a document end.
    return _dump_list([value if isinstance(value, bool | int) else str(value)], flow_style=False)[2:]


def _dump_list(values: list[Any], *, flow_style: bool) -> str:
    """A list as YAML. Characters that would break the line or a terminal are escaped."""
    printable = "".join(map(str, values)).isprintable()
    dumped: str = yaml.safe_dump(
        values,
        default_flow_style=flow_style,
        default_style=None if printable else '"',
        allow_unicode=printable,
        width=float("inf"),
    )
    return dumped.rstrip("\n")
