"""`svcdns env`: the `*_SERVICE_HOST` variables that Pods find Services by."""

import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from svcdns.cli import envcheck, envfile, inventory
from svcdns.cli.envfile import Format
from svcdns.cli.help import Command
from svcdns.cli.inventory import Inventory
from svcdns.cli.options import Namespace, with_settings
from svcdns.cli.table import escape
from svcdns.config.settings import Settings, Source
from svcdns.errors import ObjectError, SvcdnsError
from svcdns.kube import decode, environ
from svcdns.kube.environ import Environment
from svcdns.kube.objects import Key, Service

EXAMPLES = """
svcdns env -n shop --manifests deploy/examples
eval "$(svcdns env -n shop --service db --format shell --kubeconfig ~/.kube/config)"
svcdns env -n shop --service db --service auth.other --format json --kubeconfig ~/.kube/config
svcdns env --check deploy/web.yaml --manifests deploy   what its containers would find
"""

app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command, epilog=EXAMPLES)
@with_settings(Source)
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
    known = _known(inventory.load(settings, None, ("Service", "Namespace")))
    if check:
        return _check(check, where, known, services or ())
    if where not in known.namespaces:
        raise SvcdnsError(f'namespaces "{where}" not found{_advice(where, known.namespaces)}')
    given = _named(known, services, where) if services else _all(known, where)
    written = envfile.write(given.variables, form or Format.DOTENV)
    print(written.text, end="")
    _warn((*given.warnings, *written.left_out))
    return 0


class Known(NamedTuple):
    """What the cluster has."""

    services: Mapping[Key, Service]
    namespaces: frozenset[str]


def _known(found: Inventory) -> Known:
    services: dict[Key, Service] = {}
    for key, document in found.services.items():
        try:
            services[key] = decode.convert(document, Service)
        except ObjectError as error:
            _warn([f"{decode.subject_of(document)} passed over: {error}"])
    named = (one.metadata.name for one in found.namespaces)
    return Known(services, frozenset((*named, *(where for where, _ in (*services, *found.slices)))))


def _all(known: Known, namespace: str, links: bool = True) -> Environment:
    """As the kubelet gives them."""
    given = environ.environment(known.services.values(), namespace, links)
    if links and not any(one.service[0] == namespace for one in given.variables):
        missing = f"no Service with a cluster IP is known in namespace {namespace}"
        return Environment(given.variables, (*given.warnings, missing))
    return given


def _named(known: Known, names: Sequence[str], namespace: str, *more: Key) -> Environment:
    """Those of named Services, `db` or `db.other-namespace`; raises SvcdnsError for an unknown one."""
    wanted: list[Key] = []
    for text in names:
        name, _, elsewhere = text.partition(".")
        wanted.append((elsewhere or namespace, name))
        if wanted[-1] not in known.services:
            raise SvcdnsError(_not_found(wanted[-1], known.services))
    given = environ.for_services(known.services, (*wanted, *more))
    without = (
        f"Service {'/'.join(key)} has no cluster IP, so there are no variables of it"
        for key in wanted
        if not known.services[key].addresses
    )
    return Environment(given.variables, (*given.warnings, *without))


def _check(file: Path, namespace: str, known: Known, names: Sequence[str]) -> int:
    """Named Services as the webhook would inject them; the kubelet adds `kubernetes` to each Pod."""

    def given_to(where: str, links: bool) -> Environment:
        return _named(known, names, where, environ.MASTER) if names else _all(known, where, links)

    found = envcheck.find(file, namespace)
    text, warnings = envcheck.report(found.pods, given_to)
    print(text, end="")
    _warn((*map(str, found.problems), *warnings))
    return 1 if found.problems else 0


def _not_found(key: Key, services: Iterable[Key]) -> str:
    namespace, name = key
    message = f'services "{name}" not found in namespace "{namespace}"'
    if elsewhere := [where for where, other in sorted(services) if other == name]:
        return f"{message}; of another namespace it is --service {name}.{elsewhere[0]}"
    return message + _advice(name, (other for where, other in services if where == namespace))


def _advice(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else "; `svcdns services -A` lists what there is"


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        print(f"svcdns: {escape(warning)}", file=sys.stderr)
