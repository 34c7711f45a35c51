"""The commands, and how each ends: an error is a line on standard error and an exit code.

`svcdns` calls `run_command_line`, which imports the module of the command and runs its function.
"""

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import svcdns
from svcdns import printable_text
from svcdns.cli.help_format import CommandGroup, usage_hint
from svcdns.errors import SvcdnsError

EXAMPLES = """
svcdns serve --manifests deploy/examples             serve the Services of manifests
svcdns serve --kubeconfig ~/.kube/config             serve the Services of a cluster
svcdns services -A --kubeconfig ~/.kube/config       list them with their DNS names
svcdns lookup web --from bookshop                    look a name up as a Pod of a namespace does
svcdns top                                           show the busiest clients of a server
svcdns env -n bookshop --kubeconfig ~/.kube/config   print the DB_SERVICE_HOST of its Pods
svcdns webhook --tls-cert tls.crt --tls-key tls.key  give new Pods these variables
svcdns check --config svcdns.yaml                    look for mistakes before serving
svcdns config show --config Corefile                 print a Corefile as settings of svcdns
"""

COMMANDS = ("serve", "services", "lookup", "top", "env", "webhook", "check", "config")
"""Each command is `app` in the module of its name, which is imported when the command is used."""

EXIT_INTERRUPTED = 128 + 2
"""The code that a shell sees when SIGINT ended a program: 128 and the number of the signal."""


class LazyCommands(CommandGroup):
    """The commands, each imported when it is used: one start loads one command."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Import a command; None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None

        # Only a name of COMMANDS comes here: what was typed must not choose any module.
        module = importlib.import_module(f"svcdns.cli.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name  # without it, the usage line has the name of the function
        return command  # type: ignore[return-value]


app = typer.Typer(
    cls=LazyCommands,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXAMPLES,
)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        print(f"svcdns {svcdns.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """DNS for the Services of a Kubernetes cluster, from its API server or from manifests."""


def run_command_line(args: Sequence[str]) -> int:
    """Run one command line, and return its exit code.

    It is the code that the command returns, 2 for a wrong command line, or the code of the error.
    """
    result = run_for_result(args)
    return result if isinstance(result, int) else 0


def run_for_result(args: Sequence[str]) -> object:
    """Run one command line, and return what the command returns.

    That is an exit code, but for `serve`, which returns what is to be served.
    """
    command = typer.main.get_command(app)
    try:
        # Not standalone: Typer would print its own errors and end the process.
        result: object = command(list(args) or ["--help"], "svcdns", standalone_mode=False)

        # Now, where a full disk or a closed pipe can still be reported.
        sys.stdout.flush()
    except SvcdnsError as error:
        return _print_error(str(error), error.exit_code)
    except typer.TyperException as error:
        return _print_error(error.format_message(), error.exit_code, usage_hint(error))
    # Abort: Typer makes it of Ctrl-C while a command runs.
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    except OSError as error:
        _close_stdout()
        if isinstance(error, BrokenPipeError):  # the reader has seen enough, as with `| head`
            return 1
        return _print_error(str(error), 1)
    return result


def _print_error(message: str, code: int, suggestion: str = "") -> int:
    # Only `\n` divides the lines of several mistakes: `splitlines` would also do it at other characters.
    for line in filter(None, (*message.split("\n"), suggestion)):
        print(f"svcdns: {printable_text.escape(line)}", file=sys.stderr)
    return code


def _close_stdout() -> None:
    """Send standard output nowhere, so that the interpreter's flush at its end does not fail too."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
