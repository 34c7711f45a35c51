"""What the webhook knows of the cluster: Services and Namespaces, and what Pods are offered of them.

    source -> changes -> Cluster -> Offer (kept for each namespace until a Service of it changes)

Nothing here waits or looks at a clock; whether all of it has been listed is known to the caller.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from svcdns.errors import ObjectError
from svcdns.kube import environ, injection_offer, service_names, service_variables
from svcdns.kube.injection_offer import Offer
from svcdns.kube.objects import Change, Kept, Key, Kind, Namespace, Service, key_of
from svcdns.kube.service_variables import Block

ALLOW = "svcdns.io/allow-injection-into"
"""Annotation of a Namespace: whose Pods may be told of its Services, as `bookshop, billing` or `*`."""

_ANYBODY = "*"


class Cluster:
    """Services and Namespaces by key."""

    def __init__(self) -> None:
        self._services: dict[Key, Service] = {}
        self._namespaces: dict[Key, Namespace] = {}
        self._population: dict[str, dict[Key, Service]] = {}
        self._blocks: dict[Key, tuple[Block, ...]] = {}
        self._offers: dict[str, Offer] = {}

    def objects(self, kind: Kind) -> Mapping[Key, Kept]:
        """All objects of a kind; none of kinds that Pods are told nothing of."""
        found: dict[Kind, Mapping[Key, Kept]] = {
            "Service": self._services,
            "Namespace": self._namespaces,
        }
        return found.get(kind, {})

    def apply(self, change: Change) -> None:
        """Take one change; of other kinds nothing is kept."""
        if change.kind == "Namespace":
            _set(self._namespaces, change)
        elif change.kind == "Service":
            self._apply_service(change)

    def _apply_service(self, change: Change) -> None:
        where = change.key[0]
        inside = self._population.setdefault(where, {})
        before = self._services.get(change.key)
        _set(self._services, change)
        _set(inside, change)
        if not inside:
            del self._population[where]
        if _said(before) != _said(self._services.get(change.key)):
            self._forget(change.key)

    def namespace(self, name: str) -> Namespace | None:
        """None where it is not known."""
        return self._namespaces.get(("", name))

    def knows(self, namespace: str) -> bool:
        """Whether the namespace or a Service in it has been seen: one that is new may not have been."""
        return namespace in self._population or ("", namespace) in self._namespaces

    def all_of(self, namespace: str) -> Offer:
        """What the kubelet gives the Pods of a namespace."""
        kept = self._offers.get(namespace)
        if kept is None:
            made = environ.environment(self._told(namespace), namespace, blocks_of=self._blocks_of)
            kept = injection_offer.offer(made, left_to_kubelet=self._left_to_kubelet(namespace))
            if namespace in self._population:  # others are asked for by whoever can send a request
                self._offers[namespace] = kept
        return kept

    def named(self, namespace: str, text: str) -> Offer:
        """The Services of an annotation, `db, auth.other-namespace`, as far as Pods here may know them."""
        wanted: dict[Key, None] = {}
        warnings: list[str] = []
        if text.count(",") >= service_names.MOST:
            warnings.append(f"only the first {service_names.MOST} of the Services that are named count")
        names = service_names.split(text)
        if not names:
            warnings.append("no Service is named")
        for name in names:
            try:
                wanted[self._find(name, namespace)] = None
            except ObjectError as error:
                warnings.append(str(error))
        made = environ.for_services(self._services, wanted, self._blocks_of)
        return injection_offer.offer(made, whole=self.all_of(namespace), warnings=tuple(warnings))

    def _find(self, text: str, namespace: str) -> Key:
        """The Service of this name that gives variables here; raises ObjectError where there is none."""
        key = service_names.read(text, namespace)
        shown = "/".join(key)
        if key[0] != namespace and not self._allows(key[0], namespace):  # first: it may not even be known
            allow = f"its namespace does not allow it ({ALLOW}: {namespace})"
            raise ObjectError("", f"Service {shown} is left out: {allow}")
        service = self._services.get(key)
        if service is None:
            raise ObjectError("", f"Service {shown} does not exist")
        if not service.addresses:
            raise ObjectError("", f"Service {shown} has no cluster IP, so there are no variables of it")
        return key

    def _allows(self, namespace: str, guest: str) -> bool:
        known = self.namespace(namespace)
        annotations = known.metadata.annotations if known else None
        said = (annotations.allow_injection_into if annotations else None) or ""
        return not {_ANYBODY, guest}.isdisjoint(part.strip() for part in said.split(","))

    def _left_to_kubelet(self, namespace: str) -> tuple[str, ...]:
        """Without links it gives the variables of `default/kubernetes`, whatever is called so here."""
        own = self._services.get((namespace, environ.MASTER[1]))
        if namespace == environ.MASTER[0] or own is None or not own.addresses:
            return ()
        return (f"the Service {namespace}/kubernetes in place of default/kubernetes",)

    def _told(self, namespace: str) -> Iterator[Service]:
        yield from self._population.get(namespace, {}).values()
        master = self._services.get(environ.MASTER)
        if master is not None and namespace != environ.MASTER[0]:
            yield master

    def _blocks_of(self, service: Service) -> tuple[Block, ...]:
        """Kept until the Service changes: of 2,000 in a namespace mostly one does."""
        key = key_of(service)
        if key not in self._blocks:
            self._blocks[key] = service_variables.blocks_of(service)
        return self._blocks[key]

    def _forget(self, changed: Key) -> None:
        self._blocks.pop(changed, None)
        if changed == environ.MASTER:
            self._offers.clear()
        else:
            self._offers.pop(changed[0], None)


def _set(table: dict[Key, Any], change: Change) -> None:
    """The object as it is now, or nothing."""
    if change.object is None:
        table.pop(change.key, None)
    else:
        table[change.key] = change.object


def _said(service: Service | None) -> Any:
    """All that its variables are made from: labels and endpoints change more often."""
    return service and (service.addresses[:1], service.spec.ports)
