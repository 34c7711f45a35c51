"""Help as plain text in sections, the same on a terminal and in a pipe."""

from collections import defaultdict
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """Its options stand under the titles of their groups; its epilog is examples, a line each."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`lookup [OPTIONS] NAME [TYPE]`, without Typer's braces."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """A section for each group."""
        _write_options(self.get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """A section of examples."""
        _write_examples(self.epilog, formatter)


class CommandGroup(TyperGroup):
    """The same for a command with others below it, which come first."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The commands, then a section for each group."""
        self.format_commands(ctx, formatter)
        _write_options(self.get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """A section of examples."""
        _write_examples(self.epilog, formatter)


def usage_hint(error: typer.TyperException) -> str:
    """Where to read on after a wrong command line."""
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path} --help`" if context else ""


def _write_options(parameters: list[Any], ctx: Any, formatter: Any) -> None:
    """Sections in the order of their first parameter, but those without a title last."""
    sections: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for parameter in parameters:
        if record := parameter.get_help_record(ctx):
            is_argument = parameter.param_type_name == "argument"
            title = getattr(parameter, "rich_help_panel", None) or ("Arguments" if is_argument else "Options")
            sections[title].append((record[0].partition(" <")[0], record[1]))
    sections["Options"] = sections.pop("Options", [])
    for title, records in sections.items():
        with formatter.section(title):
            formatter.write_dl(records)


def _write_examples(epilog: str | None, formatter: Any) -> None:
    with formatter.section("Examples"):
        for line in (epilog or "").strip().splitlines():
            formatter.write(f"  {line}\n")
