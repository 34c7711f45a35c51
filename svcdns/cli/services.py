"""`svcdns services`: what kubectl says of Services, and their DNS names."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from svcdns.cli import describe as description
from svcdns.cli import dnsnames, inventory, shown, table
from svcdns.cli.help import Command, Group
from svcdns.cli.options import Namespace, with_settings
from svcdns.cli.output import to_json, to_yaml
from svcdns.config.settings import ANSWERS, SOURCE, Settings
from svcdns.errors import SvcdnsError
from svcdns.kube.objects import Key, Kind

EXAMPLES = """
svcdns services -n bookshop --manifests deploy/examples
svcdns services -A -o wide --kubeconfig ~/.kube/config
svcdns services -n bookshop -o yaml --manifests deploy/examples
svcdns services describe web -n bookshop --manifests deploy/examples
"""

DESCRIBE_EXAMPLES = """
svcdns services describe web -n bookshop --manifests deploy/examples
svcdns services describe web db --kubeconfig ~/.kube/config
"""

_NAMING = (
    "zone",
    "namespaces",
    "namespace_labels",
    "labels",
    "endpoint_pod_names",
    "ignore_empty_service",
    "no_endpoints",
)
"""The settings that decide which names a Service owns."""

app = typer.Typer(cls=Group, invoke_without_command=True, epilog=EXAMPLES, rich_markup_mode=None)


class Output(StrEnum):
    """Formats other than the table."""

    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"


@app.callback()
@with_settings(SOURCE, ANSWERS, only=(*SOURCE.keys, "zone"))
def services(
    settings: Settings,
    namespace: Namespace = "",
    everywhere: Annotated[bool, typer.Option("--all-namespaces", "-A", help="All namespaces.")] = False,
    output: Annotated[
        Output | None,
        typer.Option("--output", "-o", metavar="wide|json|yaml", help="More columns, or whole objects."),
    ] = None,
) -> int:
    """List Services as kubectl does, with their DNS names."""
    where = None if everywhere else namespace or "default"
    found = inventory.load(settings, where, ("Service",)).services
    if output in (Output.JSON, Output.YAML):
        write = to_json if output is Output.JSON else to_yaml
        print(write(list(found.values())), end="")
    elif not found:
        print(f"No resources found in {where} namespace." if where else "No resources found", file=sys.stderr)
    else:
        rows = map(shown.shown, found.values())
        wide, now = output is Output.WIDE, datetime.now(UTC)
        print(table.render(rows, zone=settings.zone[0], now=now, namespaces=everywhere, wide=wide), end="")
    return 0


@app.command(cls=Command, epilog=DESCRIBE_EXAMPLES)
@with_settings(SOURCE, ANSWERS, only=(*SOURCE.keys, *_NAMING))
def describe(
    settings: Settings,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Services.")],
    namespace: Namespace = "",
) -> int:
    """Describe Services as `kubectl describe service` does, and list the DNS names they own."""
    where = namespace or "default"
    labelled: tuple[Kind, ...] = ("Namespace",) if settings.namespace_labels else ()
    found = inventory.load(settings, where, ("Service", "EndpointSlice", *labelled))
    keys: list[Key] = [(where, name) for name in names]
    if missing := [name for where, name in keys if (where, name) not in found.services]:
        raise SvcdnsError(f'services "{missing[0]}" not found in namespace "{where}"')
    texts = [
        description.render(
            shown.shown(found.services[key]), found.slices_of(key), dnsnames.owned(key, found, settings)
        )
        for key in keys
    ]
    print("\n\n".join(texts), end="")
    return 0
