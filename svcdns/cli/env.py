"""`svcdns env`: the `*_SERVICE_HOST` variables by which Pods find Services."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from svcdns import printable_text
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
    """Print the *_SERVICE_HOST variables of a namespace.

    They are those that the kubelet gives to Pods: DB_SERVICE_HOST, DB_SERVICE_PORT, and Docker's link
    variables.
    """
    if check and output_format:
        raise typer.BadParameter("--check prints a table; leave it out", param_hint="--format")

    where = namespace or inventory.default_namespace(settings)
    if check:
        return _print_check(settings, env_check.read_pod_file(check, where), services or ())

    return _print_variables(settings, where, services or (), output_format or EnvFormat.DOTENV)


def _print_variables(
    settings: Settings, where: str, service_names: Sequence[str], output_format: EnvFormat
) -> int:
    """Print the variables of the namespace `where`, or of these Services alone if there are any."""
    request = env_sources.request_for_namespace(where, service_names)
    sources = env_sources.read_sources(inventory.load_services(settings, request))
    _print_warnings(sources.warnings)

    # None: Namespaces may not be listed, so a wrong one cannot be told from an empty one.
    if sources.namespaces is not None and where not in sources.namespaces:
        suggestion = env_sources.suggest_name(where, sources.namespaces)
        raise SvcdnsError(f'namespaces "{where}" not found{suggestion}')

    if service_names:
        environment = env_sources.variables_of_services(sources, service_names, where)
    else:
        environment = env_sources.variables_of_namespace(sources, where)

    formatted = env_formats.format_variables(environment.variables, output_format)
    # Before the warnings, and on another stream: `eval` and files get variables alone.
    # A shell gets each value as it is, a terminal gets no commands.
    is_seen = sys.stdout.isatty()
    print(printable_text.escape_lines(formatted.text) if is_seen else formatted.text, end="")
    _print_warnings((*environment.warnings, *formatted.skipped))
    return 0


def _print_check(settings: Settings, pod_file: PodFile, service_names: Sequence[str]) -> int:
    """Print the tables of `--check`; 1 if the file has mistakes."""
    pods = ((declaration.subject.namespace, declaration.pod) for declaration in pod_file.declarations)
    request = env_sources.request_for_pods(pods, service_names)
    sources = env_sources.read_sources(inventory.load_services(settings, request))
    options = part(settings, InjectionOptions)

    def variables_of(where: str, pod: PodTemplateSpec) -> PodVariables:
        return env_sources.variables_of_pod(sources, where, pod, service_names, options)

    text, warnings = env_check.render_report(pod_file.declarations, variables_of)
    print(text, end="")
    _print_warnings((*sources.warnings, *map(str, pod_file.problems), *warnings))
    # After the tables: what could be read is shown all the same.
    return 1 if pod_file.problems else 0


def _print_warnings(warnings: Iterable[str]) -> None:
    for warning in warnings:
        print(f"svcdns: {printable_text.escape(warning)}", file=sys.stderr)
