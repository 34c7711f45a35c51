"""The Services that commands show: whole documents, as the API server would give them.

From manifests, a document is what stands in the file, with the defaults and the addresses that svcdns
fills in. From the API server, each kind that the command needs is listed once.
"""

import asyncio
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from svcdns import printable_text
from svcdns.config.object_source import choose_source
from svcdns.config.settings import Settings
from svcdns.kube.manifests import manifest_decoder
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.kube.objects import EndpointSlice, Key, Kind, Namespace, key_of

if TYPE_CHECKING:
    from svcdns.sources.apiserver.fetch_objects import ListRequest
    from svcdns.sources.manifests import ManifestFileSet

Document: TypeAlias = dict[str, Any]
"""An object as its JSON, with all fields."""

T = TypeVar("T")

KINDS: tuple[Kind, ...] = ("Service", "EndpointSlice", "Namespace")
"""All kinds that an inventory can hold."""


class Inventory(Struct, frozen=True):
    """The objects of a command; Services and slices by (namespace, name)."""

    services: dict[Key, Document]
    slices: Mapping[Key, EndpointSlice]
    namespaces: list[Namespace]

    def slices_of(self, service: Key) -> list[EndpointSlice]:
        """The slices of a Service, in the order of their names."""
        return [
            endpoint_slice
            for _, endpoint_slice in sorted(self.slices.items())
            if endpoint_slice.service_key == service
        ]


class ServicesRequest(NamedTuple):
    """The namespaces whose Services a command needs, and those that it can do without if it must."""

    required_namespaces: frozenset[str]
    optional_namespaces: frozenset[str] = frozenset()


class PartialInventory(NamedTuple):
    """What could be listed; a message for each refusal, by the namespace (None: the list of Namespaces)."""

    inventory: Inventory
    refusals: dict[str | None, str]


def default_namespace(settings: Settings) -> str:
    """The namespace of the kubeconfig's context, as for kubectl, else `default`; raises ConfigError."""
    if settings.kubeconfig is None:
        return "default"

    from svcdns.sources.apiserver.login import kubeconfig_check

    checked = kubeconfig_check.check_kubeconfig(settings.kubeconfig, settings.context)
    return checked.entries.namespace or "default"


def load_inventory(settings: Settings, namespace: str | None, kinds: tuple[Kind, ...] = KINDS) -> Inventory:
    """The objects of a namespace, or of all for None; problems of single objects go to standard error.

    Kinds that are not in `kinds` may be missing. Raises ConfigError, ManifestError, SourceError.
    """
    if choose_source(settings) == "manifests":
        return _from_manifests(settings, namespace)
    from svcdns.sources.apiserver.fetch_objects import ListRequest

    requests = (ListRequest(kind, None if kind == "Namespace" else namespace) for kind in kinds)
    return _from_api_server(settings, requests).inventory


def load_services(settings: Settings, request: ServicesRequest) -> PartialInventory:
    """The Services of these namespaces, and all Namespaces if they may be listed.

    Rights are needed for the required namespaces alone. Raises ConfigError, ManifestError, SourceError.
    """
    if choose_source(settings) == "manifests":
        return PartialInventory(_from_manifests(settings, None), {})
    from svcdns.sources.apiserver.fetch_objects import ListRequest

    required = sorted(request.required_namespaces)
    optional = sorted(request.optional_namespaces - request.required_namespaces)
    requests = [
        *(ListRequest("Service", namespace) for namespace in required),
        *(ListRequest("Service", namespace, is_optional=True) for namespace in optional),
        ListRequest("Namespace", is_optional=True),
    ]
    return _from_api_server(settings, requests)


def open_manifests(settings: Settings) -> "ManifestFileSet":
    """The manifests of the settings; they are not read yet."""
    from svcdns.sources.manifests import ManifestFileSet

    ports = settings.node_port_range
    return ManifestFileSet(
        settings.manifests, ServiceRanges(settings.service_cidr, range(ports.first, ports.last + 1))
    )


def _from_manifests(settings: Settings, namespace: str | None) -> Inventory:
    loaded = open_manifests(settings).load()
    for problem in loaded.problems:
        print(f"svcdns: {printable_text.escape(str(problem))}", file=sys.stderr)

    # The loaded objects have only the fields that decide answers: the others come from the files.
    written_documents = _documents_in_files(settings)
    services = {}
    for key, service in sorted(loaded.objects["Service"].items()):
        if namespace in (None, key[0]):
            document = merge_documents(written_documents.get(key, {}), _to_json_types(service))
            services[key] = _to_json_types(document)

    slices = {
        key: value
        for key, value in loaded.objects["EndpointSlice"].items()
        if isinstance(value, EndpointSlice)
    }
    namespaces = [value for value in loaded.objects["Namespace"].values() if isinstance(value, Namespace)]
    return Inventory(services, slices, namespaces)


def _documents_in_files(settings: Settings) -> dict[Key, Document]:
    """The Services as they stand in the files; of two with one name the first, which is served."""
    from svcdns.sources.manifests import manifest_discovery, yaml_documents

    services: dict[Key, Document] = {}
    for paths in manifest_discovery.discover_files(settings.manifests).files.values():
        for path in paths:
            try:
                parsed = yaml_documents.parse_documents(path.read_bytes(), is_json=path.suffix == ".json")
            except OSError:  # a problem that was printed already
                continue

            for value in _objects_in(parsed.documents):
                subject = manifest_decoder.identity_of(value)
                if value.get("apiVersion") == "v1" and subject.kind == "Service":
                    services.setdefault((subject.namespace, subject.name), value)
    return services


def _objects_in(documents: Iterable[Any]) -> Iterator[Document]:
    """All mappings of the documents, with the items of Lists."""
    for document in documents:
        for _, value in manifest_decoder.expand_lists(document):
            if isinstance(value, dict):
                yield value


def _from_api_server(settings: Settings, listings: Iterable["ListRequest"]) -> PartialInventory:
    from svcdns.sources.apiserver import fetch_objects

    raw_items, refused_requests = asyncio.run(
        fetch_objects.fetch_objects(settings.kubeconfig, settings.context, listings)
    )

    services = {}
    for raw in raw_items.get("Service", ()):
        document = _complete_document(raw)
        metadata = document["metadata"]
        services[metadata["namespace"], metadata["name"]] = document

    slices = _decode_items(raw_items.get("EndpointSlice", ()), EndpointSlice)
    namespaces = _decode_items(raw_items.get("Namespace", ()), Namespace)
    inventory = Inventory(
        services, {key_of(endpoint_slice): endpoint_slice for endpoint_slice in slices}, list(namespaces)
    )

    refusals = {request.namespace: str(error) for request, error in refused_requests.items()}
    return PartialInventory(inventory, refusals)


def _complete_document(raw: msgspec.Raw) -> Document:
    """An item of a list as kubectl shows it.

    The API server writes `apiVersion` and `kind` once, in the list; kubectl hides `managedFields`.
    """
    # First: what an item says itself would win.
    document: Document = {"apiVersion": "v1", "kind": "Service", **msgspec.json.decode(raw)}
    document["metadata"].pop("managedFields", None)
    return document


def _decode_items(items: Iterable[msgspec.Raw], kind: type[T]) -> Iterator[T]:
    """The items that can be read; a line on standard error for each of the others."""
    for raw in items:
        try:
            yield msgspec.json.decode(raw, type=kind)
        except msgspec.ValidationError as error:
            reason = printable_text.escape(str(error))
            print(f"svcdns: {kind.__name__} is skipped: {reason}", file=sys.stderr)


def _to_json_types(value: Any) -> Any:
    """A value as JSON would give it back: Structs become dicts, tuples lists."""
    return msgspec.json.decode(msgspec.json.encode(value))


def merge_documents(written: Any, computed: Any) -> Any:
    """A written document with the computed one over it, field by field.

    Lists of the same length are merged item by item; of others the computed one is taken.
    """
    if isinstance(written, dict) and isinstance(computed, dict):
        merged = {name: merge_documents(written.get(name), value) for name, value in computed.items()}
        # Fields that only the file has stay; of the others `merged` has both.
        return {**written, **merged}

    # Of lists that differ in length it is unclear which items belong together.
    if isinstance(written, list) and isinstance(computed, list) and len(written) == len(computed):
        return [merge_documents(*pair) for pair in zip(written, computed, strict=True)]
    return computed
