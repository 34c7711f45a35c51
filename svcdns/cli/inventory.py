"""The Services that commands show: whole documents, as the API server would give them.

From manifests: each document as it stands in its file, with what was allocated and filled in.
"""

import contextlib
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Struct

from svcdns.config.settings import Settings
from svcdns.config.source import source_of
from svcdns.errors import ObjectError
from svcdns.kube import decode, objects
from svcdns.kube.manifest_objects import ObjectMeta
from svcdns.kube.objects import EndpointSlice, Key, Namespace
from svcdns.kube.ranges import Ranges

if TYPE_CHECKING:
    from svcdns.sources.manifests import Manifests

Document: TypeAlias = dict[str, Any]


class Inventory(Struct, frozen=True):
    """What a command was asked to show, by (namespace, name)."""

    services: dict[Key, Document]
    slices: Mapping[Key, EndpointSlice]
    namespaces: list[Namespace]

    def slices_of(self, service: Key) -> list[EndpointSlice]:
        """The slices of a Service, in the order of their names."""
        return [piece for _, piece in sorted(self.slices.items()) if piece.service == service]


class Spec(objects.ServiceSpec, frozen=True, rename="camel"):
    """The spec with what is only shown."""

    load_balancer_source_ranges: tuple[str, ...] | None = None
    traffic_distribution: str | None = None


class Ingress(objects.LoadBalancerIngress, frozen=True, rename="camel"):
    """status.loadBalancer.ingress[] with the mode of its address."""

    ip_mode: str | None = None


class LoadBalancer(Struct, frozen=True):
    """status.loadBalancer."""

    ingress: tuple[Ingress, ...] | None = None


class Status(Struct, frozen=True, rename="camel"):
    """status of a Service."""

    load_balancer: LoadBalancer | None = None


class Shown(Struct, frozen=True):
    """A Service with all that its table row and its description have."""

    metadata: ObjectMeta
    spec: Spec = Spec()
    status: Status | None = None

    @property
    def ingress(self) -> tuple[Ingress, ...]:
        """Where a load balancer takes its traffic; empty while there is none."""
        balancer = self.status.load_balancer if self.status else None
        return (balancer.ingress if balancer else None) or ()


def shown(document: Document) -> Shown:
    """The document typed; raises ObjectError."""
    try:
        return msgspec.convert(document, Shown)
    except msgspec.ValidationError as error:
        raise ObjectError(str(decode.subject_of(document)), str(error)) from None


def load(settings: Settings, namespace: str | None) -> Inventory:
    """All that the source has in this namespace, or in all; problems of manifests go to stderr."""
    if source_of(settings) == "manifests":
        return _from_manifests(settings, namespace)
    raise NotImplementedError


def open_manifests(settings: Settings) -> "Manifests":
    """The manifests of the settings, not read yet."""
    from svcdns.sources.manifests import Manifests

    ports = settings.node_port_range
    return Manifests(settings.manifests, Ranges(settings.service_cidr, range(ports.first, ports.last + 1)))


def _from_manifests(settings: Settings, namespace: str | None) -> Inventory:
    loaded = open_manifests(settings).load()
    for problem in loaded.problems:
        print(f"svcdns: {problem}", file=sys.stderr)
    written = _written(settings)
    services = {
        key: _json(overlay(written.get(key, {}), _json(service)))
        for key, service in sorted(loaded.objects["Service"].items())
        if namespace in (None, key[0])
    }
    slices = {
        key: one for key, one in loaded.objects["EndpointSlice"].items() if isinstance(one, EndpointSlice)
    }
    namespaces = [one for one in loaded.objects["Namespace"].values() if isinstance(one, Namespace)]
    return Inventory(services, slices, namespaces)


def _written(settings: Settings) -> dict[Key, Document]:
    """The Services as they stand in the files; of two with one name the first, as in the cluster."""
    from svcdns.sources.manifests import documents, files

    found: dict[Key, Document] = {}
    for inside in files.find(settings.manifests).files.values():
        for path in inside:
            with contextlib.suppress(OSError):  # a problem that was printed already
                for document in documents.parse(path.read_bytes(), json=path.suffix == ".json").documents:
                    for _, value in decode.expand(document):
                        if isinstance(value, dict) and value.get("apiVersion") == "v1":
                            subject = decode.subject_of(value)
                            if subject.kind == "Service":
                                found.setdefault((subject.namespace, subject.name), value)
    return found


def _json(value: Any) -> Any:
    """The same of nothing but JSON's types."""
    return msgspec.json.decode(msgspec.json.encode(value))


def overlay(written: Any, known: Any) -> Any:
    """What was written, with what is known of it now put over it."""
    if isinstance(written, dict) and isinstance(known, dict):
        return {**written, **{name: overlay(written.get(name), value) for name, value in known.items()}}
    if isinstance(written, list) and isinstance(known, list) and len(written) == len(known):
        return [overlay(*pair) for pair in zip(written, known, strict=True)]
    return known
