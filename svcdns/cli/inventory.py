"""The Services that commands show: whole documents, as the API server would give them.

From manifests: each document as it stands in its file, with what was allocated and filled in. From
the API server: one list of each kind that the command needs.
"""

import asyncio
import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from svcdns.config.object_source import choose_source
from svcdns.config.settings import Settings
from svcdns.kube.manifests import manifest_decoder
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.kube.objects import EndpointSlice, Key, Kind, Namespace, key_of

if TYPE_CHECKING:
    from svcdns.sources.apiserver.fetch_objects import ListRequest
    from svcdns.sources.manifests import ManifestFileSet

Document: TypeAlias = dict[str, Any]
T = TypeVar("T")

KINDS: tuple[Kind, ...] = ("Service", "EndpointSlice", "Namespace")
"""What an inventory holds."""


class Inventory(Struct, frozen=True):
    """What a command was asked to show, by (namespace, name)."""

    services: dict[Key, Document]
    slices: Mapping[Key, EndpointSlice]
    namespaces: list[Namespace]

    def slices_of(self, service: Key) -> list[EndpointSlice]:
        """The slices of a Service, in the order of their names."""
        return [piece for _, piece in sorted(self.slices.items()) if piece.service_key == service]


class ServicesRequest(NamedTuple):
    """What a command needs: Services of these namespaces; what it can do without, and all Namespaces."""

    required_namespaces: frozenset[str]
    optional_namespaces: frozenset[str] = frozenset()


class PartialInventory(NamedTuple):
    """What could be listed of it; a message for each refusal, by the namespace (None: all Namespaces)."""

    inventory: Inventory
    refusals: dict[str | None, str]


def load_inventory(settings: Settings, namespace: str | None, kinds: tuple[Kind, ...] = KINDS) -> Inventory:
    """What the source has in this namespace, or in all; problems of single objects go to stderr.

    Kinds that are not asked for may be missing. Raises ConfigError, ManifestError, SourceError.
    """
    if choose_source(settings) == "manifests":
        return _from_manifests(settings, namespace)
    from svcdns.sources.apiserver.fetch_objects import ListRequest

    wanted = (ListRequest(kind, None if kind == "Namespace" else namespace) for kind in kinds)
    return _from_api_server(settings, wanted).inventory


def load_services(settings: Settings, request: ServicesRequest) -> PartialInventory:
    """No more rights than for these namespaces are needed; raises as `load` does."""
    if choose_source(settings) == "manifests":
        return PartialInventory(_from_manifests(settings, None), {})
    from svcdns.sources.apiserver.fetch_objects import ListRequest

    required = [ListRequest("Service", one) for one in sorted(request.required_namespaces)]
    more = [
        ListRequest("Service", one, is_optional=True)
        for one in sorted(request.optional_namespaces - request.required_namespaces)
    ]
    return _from_api_server(settings, (*required, *more, ListRequest("Namespace", is_optional=True)))


def open_manifests(settings: Settings) -> "ManifestFileSet":
    """The manifests of the settings, not read yet."""
    from svcdns.sources.manifests import ManifestFileSet

    ports = settings.node_port_range
    return ManifestFileSet(
        settings.manifests, ServiceRanges(settings.service_cidr, range(ports.first, ports.last + 1))
    )


def _from_manifests(settings: Settings, namespace: str | None) -> Inventory:
    loaded = open_manifests(settings).load()
    for problem in loaded.problems:
        print(f"svcdns: {problem}", file=sys.stderr)
    written = _documents_in_files(settings)
    services = {
        key: _to_json_types(merge_documents(written.get(key, {}), _to_json_types(service)))
        for key, service in sorted(loaded.objects["Service"].items())
        if namespace in (None, key[0])
    }
    slices = {
        key: one for key, one in loaded.objects["EndpointSlice"].items() if isinstance(one, EndpointSlice)
    }
    namespaces = [one for one in loaded.objects["Namespace"].values() if isinstance(one, Namespace)]
    return Inventory(services, slices, namespaces)


def _documents_in_files(settings: Settings) -> dict[Key, Document]:
    """The Services as they stand in the files; of two with one name the first, as in the cluster."""
    from svcdns.sources.manifests import manifest_discovery, yaml_documents

    found: dict[Key, Document] = {}
    for inside in manifest_discovery.discover_files(settings.manifests).files.values():
        for path in inside:
            with contextlib.suppress(OSError):  # a problem that was printed already
                for document in yaml_documents.parse_documents(
                    path.read_bytes(), is_json=path.suffix == ".json"
                ).documents:
                    for _, value in manifest_decoder.expand_lists(document):
                        if isinstance(value, dict) and value.get("apiVersion") == "v1":
                            subject = manifest_decoder.identity_of(value)
                            if subject.kind == "Service":
                                found.setdefault((subject.namespace, subject.name), value)
    return found


def _from_api_server(settings: Settings, listings: Iterable["ListRequest"]) -> PartialInventory:
    from svcdns.sources.apiserver import fetch_objects

    raw, refused = asyncio.run(fetch_objects.fetch_objects(settings.kubeconfig, settings.context, listings))
    documents = map(_complete_document, raw.get("Service", ()))
    slices = _decode_items(raw.get("EndpointSlice", ()), EndpointSlice)
    inventory = Inventory(
        {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in documents},
        {key_of(one): one for one in slices},
        list(_decode_items(raw.get("Namespace", ()), Namespace)),
    )
    return PartialInventory(inventory, {one.namespace: str(error) for one, error in refused.items()})


def _complete_document(raw: msgspec.Raw) -> Document:
    """The document as kubectl shows it: what it is stands in the list, who set which field is noise."""
    document: Document = {"apiVersion": "v1", "kind": "Service", **msgspec.json.decode(raw)}
    document["metadata"].pop("managedFields", None)
    return document


def _decode_items(items: Iterable[msgspec.Raw], kind: type[T]) -> Iterator[T]:
    for raw in items:
        try:
            yield msgspec.json.decode(raw, type=kind)
        except msgspec.ValidationError as error:
            print(f"svcdns: {kind.__name__} passed over: {error}", file=sys.stderr)


def _to_json_types(value: Any) -> Any:
    """The same of nothing but JSON's types."""
    return msgspec.json.decode(msgspec.json.encode(value))


def merge_documents(written: Any, computed: Any) -> Any:
    """What was written, with what is known of it now put over it."""
    if isinstance(written, dict) and isinstance(computed, dict):
        return {
            **written,
            **{name: merge_documents(written.get(name), value) for name, value in computed.items()},
        }
    if isinstance(written, list) and isinstance(computed, list) and len(written) == len(computed):
        return [merge_documents(*pair) for pair in zip(written, computed, strict=True)]
    return computed
