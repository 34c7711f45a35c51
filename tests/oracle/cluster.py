"""The objects that may be seen: the options, and the cluster behind its filters.

The options are those of CoreDNS' kubernetes plugin: `namespaces` and `namespace_labels` choose
namespaces, with all in them; `labels` chooses Services, and their endpoints with them (in CoreDNS
also Pods, and EndpointSlices by their own labels).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tests.oracle.selectors import matches

Object = dict[str, Any]
Key = tuple[str, str]

SERVICE_NAME = "kubernetes.io/service-name"


@dataclass(frozen=True, slots=True)
class Options:
    """What a cluster's operator may set; zones and reverse networks as text, TTLs in seconds."""

    zones: tuple[str, ...] = ("cluster.local.",)
    reverse: tuple[str, ...] = ("0.0.0.0/0", "::/0")
    ttl: int = 30
    negative_ttl: int | None = None
    pods: Literal["disabled", "insecure", "verified"] = "verified"
    endpoint_pod_names: bool = False
    ignore_empty_service: bool = False
    no_endpoints: bool = False
    namespaces: tuple[str, ...] | None = None
    namespace_labels: str | None = None
    labels: str | None = None
    dns_service: Key = ("kube-system", "kube-dns")
    fall_through: bool = True

    def __post_init__(self) -> None:
        if self.ignore_empty_service and self.no_endpoints:
            raise ValueError("without endpoints every Service is empty: set one of the two options")


class Cluster:
    """The exposed objects of a cluster."""

    def __init__(self, objects: Iterable[Object], options: Options) -> None:
        self.options = options
        self.all_objects = list(objects)
        self._namespace_labels = {
            o["metadata"]["name"]: o["metadata"].get("labels") or {}
            for o in self.all_objects
            if o["kind"] == "Namespace"
        }
        self._objects = [
            o for o in self.all_objects if o["kind"] != "Namespace" and self._exposes(namespace_of(o))
        ]
        # A namespace exists where its object or any object in it is known.
        self.namespaces = {namespace_of(o) for o in self._objects}
        self.namespaces.update(name for name in self._namespace_labels if self._exposes(name))

    def _exposes(self, namespace: str) -> bool:
        options = self.options
        if options.namespaces is not None and namespace not in options.namespaces:
            return False
        if options.namespace_labels is None:
            return True

        labels = self._namespace_labels.get(namespace)

        return labels is not None and matches(options.namespace_labels, labels)

    def services(self) -> Iterator[Object]:
        """Every Service with the labels wanted."""
        selector = self.options.labels or ""
        for obj in self._objects:
            if obj["kind"] == "Service" and matches(selector, obj["metadata"].get("labels") or {}):
                yield obj

    def slices(self, service: Object) -> Iterator[Object]:
        """The EndpointSlices whose label names this Service, of its own namespace."""
        for obj in self._objects:
            labels = obj["metadata"].get("labels") or {}
            if (
                obj["kind"] == "EndpointSlice"
                and namespace_of(obj) == namespace_of(service)
                and labels.get(SERVICE_NAME) == service["metadata"]["name"]
            ):
                yield obj

    def pods(self, namespace: str) -> Iterator[Object]:
        """The Pods of a namespace, compared as a DNS label is."""
        for obj in self._objects:
            if obj["kind"] == "Pod" and namespace_of(obj).lower() == namespace.lower():
                yield obj


def namespace_of(obj: Object) -> str:
    """The namespace of a namespaced object; `default` is what the API server would write."""
    return obj["metadata"].get("namespace") or "default"
