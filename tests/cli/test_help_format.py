"""Help in sections, of a command of this file."""

from typing import Annotated

import pytest
import typer

from svcdns.cli import help_format

app = typer.Typer(
    cls=help_format.CommandGroup, rich_markup_mode=None, epilog="\nprogram show x   an example\n"
)


@app.callback()
def main() -> None:
    """A program."""


@app.command(cls=help_format.Command)
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to show.")],
    color: Annotated[str, typer.Option(metavar="COLOR", help="Of it.", rich_help_panel="Looks")] = "red",
) -> None:
    """Show something whose summary is longer than a terminal of eighty columns has room for in one line."""


def test_a_group_has_whole_summaries_and_its_examples(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    typer.main.get_command(app)(["--help"], "program", standalone_mode=False)

    text = capsys.readouterr().out
    assert "has room for in one line." in " ".join(text.split())
    assert "..." not in text.partition("Commands:")[2]
    assert text.endswith("\nExamples:\n  program show x   an example\n")


def test_a_command_has_a_section_for_each_title_and_options_last(capsys: pytest.CaptureFixture[str]) -> None:
    typer.main.get_command(app)(["show", "--help"], "program", standalone_mode=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Usage: program show [OPTIONS] NAME"
    titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Arguments:", "Looks:", "Options:", "Examples:"]


def test_a_wrong_command_line_says_where_to_read_on() -> None:
    with pytest.raises(typer.TyperException) as caught:
        typer.main.get_command(app)(["show", "--bogus"], "program", standalone_mode=False)

    assert help_format.usage_hint(caught.value) == "see `program show --help`"
