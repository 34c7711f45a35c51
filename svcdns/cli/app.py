"""The commands, and what every one of them does with an error: a line on stderr, an exit code."""

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import svcdns
from svcdns.cli.help_format import CommandGroup, usage_hint
from svcdns.errors import SvcdnsError

EXAMPLES = """
svcdns serve --manifests deploy/examples             serve the Services of manifests
svcdns serve --kubeconfig ~/.kube/config             serve a cluster's
svcdns services -A --kubeconfig ~/.kube/config       list them with their DNS names
svcdns lookup web --from bookshop                    look a name up as a Pod of a namespace does
svcdns top                                           show who asks a server most, and for what
svcdns env -n bookshop --kubeconfig ~/.kube/config   print the DB_SERVICE_HOST of its Pods
svcdns webhook --tls-cert tls.crt --tls-key tls.key  give new Pods these variables
svcdns check --config svcdns.yaml                    look for mistakes before serving
svcdns config show --config Corefile                 print the settings that a Corefile comes to
"""

COMMANDS = ("serve", "services", "lookup", "top", "env", "webhook", "check", "config")
"""Each is `app` in the module of its name, which is imported when it is asked for."""

EXIT_INTERRUPTED = 128 + 2
"""As a shell sees a program that ended by SIGINT."""


class LazyCommands(CommandGroup):
    """The commands by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Import it; None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        found = typer.main.get_command(importlib.import_module(f"svcdns.cli.{cmd_name}").app)
        found.name = cmd_name
        return found  # type: ignore[return-value]


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
    """Run one command line; the exit code is the command's, 2 for a wrong one, the error's own else."""
    found = run_for_result(args)
    return found if isinstance(found, int) else 0


def run_for_result(args: Sequence[str]) -> object:
    """The same, but what the command gives where that is no exit code: `serve` what is to be served."""
    try:
        found: object = typer.main.get_command(app)(list(args) or ["--help"], "svcdns", standalone_mode=False)
        sys.stdout.flush()
    except SvcdnsError as error:
        return _print_error(str(error), error.exit_code)
    except typer.TyperException as error:
        return _print_error(error.format_message(), error.exit_code, usage_hint(error))
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    except OSError as error:
        _close_stdout()
        return 1 if isinstance(error, BrokenPipeError) else _print_error(str(error), 1)
    return found


def _print_error(message: str, code: int, suggestion: str = "") -> int:
    for line in filter(None, (*message.splitlines(), suggestion)):
        print(f"svcdns: {line}", file=sys.stderr)
    return code


def _close_stdout() -> None:
    """It cannot be written any more; the interpreter must not complain of it as it flushes at its end."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
