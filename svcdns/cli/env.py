"""`svcdns env`: the `*_SERVICE_HOST` variables that Pods find Services by."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from svcdns.cli import (
    env_check,
    env_formats,
    env_sources,
    inventory,
)
from svcdns.cli.env_check import PodFile, PodVariables
from svcdns.cli.env_formats import EnvFormat
from svcdns.cli.help_format import Command
from svcdns.cli.options import NamespaceOption, with_settings
from svcdns.cli.services_table import escape_unprintable
from svcdns.config.settings import SOURCE, Settings, part
from svcdns.errors import SvcdnsError
from svcdns.kube.injection.injection_options import InjectionOptions
from svcdns.kube.injection.workloads import PodTemplateSpec

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
    namespace: NamespaceOption = "",
    services: Annotated[
        list[str] | None,
        typer.Option(
            "--service",
            metavar="NAME[.NAMESPACE]",
            help="Only this Service, also of another namespace. Repeatable.",
        ),
    ] = None,
    output_format: Annotated[
        EnvFormat | None,
        typer.Option(
            "--format",
            metavar="|".join(EnvFormat),
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
    if check and output_format:
        raise typer.BadParameter("--check prints a table; leave it out", param_hint="--format")
    where = namespace or "default"
    if check:
        return _print_check(settings, env_check.read_pod_file(check, where), services or ())
    known = env_sources.read_sources(
        inventory.load_services(settings, env_sources.request_for_namespace(where, services or ()))
    )
    _print_warnings(known.warnings)
    if known.namespaces is not None and where not in known.namespaces:
        raise SvcdnsError(
            f'namespaces "{where}" not found{env_sources.suggest_name(where, known.namespaces)}'
        )
    given = (
        env_sources.variables_of_services(known, services, where)
        if services
        else env_sources.variables_of_namespace(known, where)
    )
    written = env_formats.format_variables(given.variables, output_format or EnvFormat.DOTENV)
    print(written.text, end="")
    _print_warnings((*given.warnings, *written.skipped))
    return 0


def _print_check(settings: Settings, pod_file: PodFile, service_names: Sequence[str]) -> int:
    asked = env_sources.request_for_pods(
        ((one.subject.namespace, one.pod) for one in pod_file.declarations), service_names
    )
    known = env_sources.read_sources(inventory.load_services(settings, asked))
    options = part(settings, InjectionOptions)

    def given_to(where: str, pod: PodTemplateSpec) -> PodVariables:
        return env_sources.variables_of_pod(known, where, pod, service_names, options)

    text, warnings = env_check.render_report(pod_file.declarations, given_to)
    print(text, end="")
    _print_warnings((*known.warnings, *map(str, pod_file.problems), *warnings))
    return 1 if pod_file.problems else 0


def _print_warnings(warnings: Iterable[str]) -> None:
    for warning in warnings:
        print(f"svcdns: {escape_unprintable(warning)}", file=sys.stderr)
