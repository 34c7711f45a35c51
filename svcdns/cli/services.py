"""`svcdns services`: Services as kubectl prints them, with their DNS names."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from svcdns.cli import (
    inventory,
    service_dns_names,
    service_view,
    services_table,
)
from svcdns.cli import service_description as description
from svcdns.cli.help_format import Command, CommandGroup
from svcdns.cli.kubectl_output import to_json, to_yaml
from svcdns.cli.options import NamespaceOption, with_settings
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

_NAMING_SETTINGS = (
    "zone",
    "namespaces",
    "namespace_labels",
    "labels",
    "endpoint_pod_names",
    "ignore_empty_service",
    "no_endpoints",
)
"""The settings that decide which names a Service owns."""

app = typer.Typer(cls=CommandGroup, invoke_without_command=True, epilog=EXAMPLES, rich_markup_mode=None)


class ServicesOutput(StrEnum):
    """The values of `--output`; without it, the table is narrow."""

    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"


@app.callback()
@with_settings(SOURCE, ANSWERS, only=(*SOURCE.keys, "zone"))
def services(
    settings: Settings,
    namespace: NamespaceOption = "",
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="All namespaces.")] = False,
    output: Annotated[
        ServicesOutput | None,
        typer.Option("--output", "-o", metavar="wide|json|yaml", help="More columns, or whole objects."),
    ] = None,
) -> int:
    """List Services as kubectl does, with their DNS names."""
    where = None if all_namespaces else namespace or inventory.default_namespace(settings)
    documents = inventory.load_inventory(settings, where, ("Service",)).services

    if output in (ServicesOutput.JSON, ServicesOutput.YAML):
        write = to_json if output is ServicesOutput.JSON else to_yaml
        print(write(list(documents.values())), end="")
    elif not documents:
        print(f"No resources found in {where} namespace." if where else "No resources found", file=sys.stderr)
    else:
        table = services_table.render_services(
            map(service_view.to_service_view, documents.values()),
            zone=settings.zone[0],
            now=datetime.now(UTC),
            with_namespaces=all_namespaces,
            wide=output is ServicesOutput.WIDE,
        )
        print(table, end="")
    return 0


@app.command(cls=Command, epilog=DESCRIBE_EXAMPLES)
@with_settings(SOURCE, ANSWERS, only=(*SOURCE.keys, *_NAMING_SETTINGS))
def describe(
    settings: Settings,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Services.")],
    namespace: NamespaceOption = "",
) -> int:
    """Describe Services as kubectl does, with the DNS names they own."""
    where = namespace or inventory.default_namespace(settings)

    # Labels of namespaces decide which are served; without such a rule, no right to list them is needed.
    label_kinds: tuple[Kind, ...] = ("Namespace",) if settings.namespace_labels else ()
    loaded = inventory.load_inventory(settings, where, ("Service", "EndpointSlice", *label_kinds))

    keys: list[Key] = [(where, name) for name in names]
    if missing := [name for where, name in keys if (where, name) not in loaded.services]:
        raise SvcdnsError(f'services "{missing[0]}" not found in namespace "{where}"')

    texts = [
        description.render_description(
            service_view.to_service_view(loaded.services[key]),
            loaded.slices_of(key),
            service_dns_names.owned_names(key, loaded, settings),
        )
        for key in keys
    ]
    print("\n\n".join(texts), end="")
    return 0
