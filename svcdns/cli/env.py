"""`svcdns env`: the `*_SERVICE_HOST` variables that Pods find Services by."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from svcdns.cli import envcheck, envfile, envgiven, inventory
from svcdns.cli.envcheck import Found, Given
from svcdns.cli.envfile import Format
from svcdns.cli.help import Command
from svcdns.cli.options import Namespace, with_settings
from svcdns.cli.table import escape
from svcdns.config.settings import SOURCE, Settings, part
from svcdns.errors import SvcdnsError
from svcdns.kube.injection_options import InjectionOptions
from svcdns.kube.workloads import Pod

EXAMPLES = """
svcdns env -n bookshop --manifests deploy/examples
eval "$(svcdns env -n bookshop --service db --format shell --kubeconfig ~/.kube/config)"
svcdns env -n bookshop --service db --service auth.other --format json --kubeconfig ~/.kube/config
svcdns env --check deploy/web.yaml --manifests deploy   what its containers would find
"""

app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command, epilog=EXAMPLES)
@with_settings(SOURCE)
def env(
    settings: Settings,
    namespace: Namespace = "",
    services: Annotated[
        list[str] | None,
        typer.Option(
            "--service",
            metavar="NAME[.NAMESPACE]",
            help="Only this Service, also of another namespace. Again for more.",
        ),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            metavar="|".join(Format),
            help="How to print them. Default: dotenv.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Print what the containers of this file's Pods (Deployments, Jobs, ...) would find, "
            "beside their own env and envFrom. '-' is standard input.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Print the variables by which the Pods of a namespace find its Services.

    As the kubelet gives them: DB_SERVICE_HOST, DB_SERVICE_PORT, and Docker's link variables.
    """
    if check and form:
        raise typer.BadParameter("--check prints a table; leave it out", param_hint="--format")
    where = namespace or "default"
    if check:
        return _check(settings, envcheck.find(check, where), services or ())
    known = envgiven.known(inventory.load_services(settings, envgiven.asked(where, services or ())))
    _warn(known.warnings)
    if known.namespaces is not None and where not in known.namespaces:
        raise SvcdnsError(f'namespaces "{where}" not found{envgiven.advice(where, known.namespaces)}')
    given = envgiven.named(known, services, where) if services else envgiven.every(known, where)
    written = envfile.write(given.variables, form or Format.DOTENV)
    print(written.text, end="")
    _warn((*given.warnings, *written.left_out))
    return 0


def _check(settings: Settings, found: Found, names: Sequence[str]) -> int:
    asked = envgiven.asked_for(((one.subject.namespace, one.pod) for one in found.pods), names)
    known = envgiven.known(inventory.load_services(settings, asked))
    options = part(settings, InjectionOptions)

    def given_to(where: str, pod: Pod) -> Given:
        return envgiven.to_pod(known, where, pod, names, options)

    text, warnings = envcheck.report(found.pods, given_to)
    print(text, end="")
    _warn((*known.warnings, *map(str, found.problems), *warnings))
    return 1 if found.problems else 0


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        print(f"svcdns: {escape(warning)}", file=sys.stderr)
