"""Help as plain text in sections, the same on a terminal and in a pipe.

Typer's own help has boxes and colours where `rich` is installed, and so differs between machines.
"""

from collections import defaultdict
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

_LONGEST_SUMMARY = 1000
"""Characters: longer than any summary, so that none is cut; long ones are wrapped."""


class Command(TyperCommand):
    """A command: its options stand below titles; its epilog has an example in each line."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The usage line, `lookup [OPTIONS] NAME [TYPE]`, without Typer's braces."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """A section for each group."""
        _write_options(self.get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """A section of examples."""
        _write_examples(self.epilog, formatter)


class CommandGroup(TyperGroup):
    """A command with others below it: these come first in its help."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The commands, then a section for each group."""
        self.format_commands(ctx, formatter)
        _write_options(self.get_params(ctx), ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each command with its whole summary, which Typer cuts at the width of the terminal."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(_LONGEST_SUMMARY)) for name, command in commands if command]

        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """A section of examples."""
        _write_examples(self.epilog, formatter)


def usage_hint(error: typer.TyperException) -> str:
    """Where to read on after a wrong command line; empty if the error names no command."""
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path} --help`" if context else ""


def _write_options(parameters: list[Any], ctx: Any, formatter: Any) -> None:
    """Write sections in the order of their first parameter, `Options` last."""
    sections: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for parameter in parameters:
        if record := parameter.get_help_record(ctx):
            is_argument = parameter.param_type_name == "argument"
            usual_title = "Arguments" if is_argument else "Options"
            title = getattr(parameter, "rich_help_panel", None) or usual_title

            # Typer adds the type behind the metavar: `NAME <text>`.
            flags = record[0].partition(" <")[0]
            sections[title].append((flags, record[1]))

    sections["Options"] = sections.pop("Options", [])  # to the end
    for title, records in sections.items():
        with formatter.section(title):
            formatter.write_dl(records)


def _write_examples(epilog: str | None, formatter: Any) -> None:
    with formatter.section("Examples"):
        for line in (epilog or "").strip().splitlines():
            formatter.write(f"  {line}\n")
