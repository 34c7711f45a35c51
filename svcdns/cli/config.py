"""`svcdns config show`: the settings as they count, whoever gave them, as a file of ours."""

from collections.abc import Iterator
from typing import Any

import typer
import yaml

from svcdns.cli.help import Command, Group
from svcdns.cli.options import with_loaded
from svcdns.config.loader import Loaded
from svcdns.config.settings import ANSWERS, OUTSIDE, PROCESS, SECTIONS, SOURCE

EXAMPLES = """
svcdns config show --config Corefile
svcdns config show --config Corefile >svcdns.yaml
svcdns config show --config svcdns.yaml --ttl 5
"""

app = typer.Typer(cls=Group, no_args_is_help=True, epilog=EXAMPLES, rich_markup_mode=None)


@app.callback()
def config() -> None:
    """Look at the settings."""


@app.command(cls=Command, epilog=EXAMPLES)
@with_loaded(SOURCE, ANSWERS, OUTSIDE, PROCESS)
def show(loaded: Loaded) -> int:
    """Print the settings as a file for --config, each with where it comes from.

    What is a comment is a default. Lines of a Corefile that have no equal are named by `svcdns check`.
    """
    for line in _lines(loaded):
        print(line)
    return 0


def _lines(loaded: Loaded) -> Iterator[str]:
    for number, section in enumerate(SECTIONS):
        yield from ([""] if number else [])
        yield f"# {section.title}"
        for key in section.keys:
            yield from _setting(loaded, key)


def _setting(loaded: Loaded, name: str) -> Iterator[str]:
    """A key with its value, or with its items one below the other."""
    value = getattr(loaded.settings, name)
    if loaded.origin(name) is None:
        yield f"# {name}: {_yaml(value)}".rstrip()
    elif isinstance(value, tuple) and value:
        yield f"{name}:"
        for index, item in enumerate(value):
            yield f"- {_yaml(item)}  # {_origin(loaded, name, index)}"
    else:
        yield f"{name}: {_yaml(value)}  # {_origin(loaded, name)}"


def _origin(loaded: Loaded, name: str, *index: int) -> str:
    origin = f"{loaded.origin(name, *index)}{', a default of CoreDNS' if loaded.is_implied(name) else ''}"
    return "".join(c if c.isprintable() else "?" for c in origin)


def _yaml(value: object) -> str:
    """On one line; nothing where there is no value."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return _dumped(list(map(str, value)), flow=True)
    return _dumped([value if isinstance(value, bool | int) else str(value)], flow=False)[2:]


def _dumped(values: list[Any], *, flow: bool) -> str:
    """A list; what would break the line, or a terminal, is written as escapes."""
    printable = "".join(map(str, values)).isprintable()
    dumped: str = yaml.safe_dump(
        values,
        default_flow_style=flow,
        default_style=None if printable else '"',
        allow_unicode=printable,
        width=float("inf"),
    )
    return dumped.rstrip("\n")
