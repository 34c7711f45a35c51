"""What the webhook knows of the cluster: Services and Namespaces, and what Pods are offered of them.

    source -> changes -> Cluster -> Offer (kept for each namespace until a Service of it changes)

Nothing here waits or looks at a clock; whether all of it has been listed is known to the caller.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from svcdns.errors import ObjectError
from svcdns.kube.injection import (
    available_vars,
    service_env,
    service_env_vars,
    service_references,
)
from svcdns.kube.injection.available_vars import AvailableVars
from svcdns.kube.injection.service_env_vars import VariableGroup
from svcdns.kube.objects import Change, Key, Kind, Namespace, Service, StoredObject, key_of

ALLOW_INJECTION_ANNOTATION = "svcdns.io/allow-injection-into"
"""Annotation of a Namespace: whose Pods may be told of its Services, as `bookshop, billing` or `*`."""

_ANY_NAMESPACE = "*"


class InjectionStore:
    """Services and Namespaces by key."""

    def __init__(self) -> None:
        self._services: dict[Key, Service] = {}
        self._namespaces: dict[Key, Namespace] = {}
        self._services_by_namespace: dict[str, dict[Key, Service]] = {}
        self._variable_groups: dict[Key, tuple[VariableGroup, ...]] = {}
        self._available_by_namespace: dict[str, AvailableVars] = {}

    def objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """All objects of a kind; none of kinds that Pods are told nothing of."""
        found: dict[Kind, Mapping[Key, StoredObject]] = {
            "Service": self._services,
            "Namespace": self._namespaces,
        }
        return found.get(kind, {})

    def apply(self, change: Change) -> None:
        """Take one change; of other kinds nothing is kept."""
        if change.kind == "Namespace":
            _apply_to(self._namespaces, change)
        elif change.kind == "Service":
            self._apply_service(change)

    def _apply_service(self, change: Change) -> None:
        where = change.key[0]
        inside = self._services_by_namespace.setdefault(where, {})
        before = self._services.get(change.key)
        _apply_to(self._services, change)
        _apply_to(inside, change)
        if not inside:
            del self._services_by_namespace[where]
        if _variable_inputs(before) != _variable_inputs(self._services.get(change.key)):
            self._forget(change.key)

    def find_namespace(self, name: str) -> Namespace | None:
        """None where it is not known."""
        return self._namespaces.get(("", name))

    def is_namespace_seen(self, namespace: str) -> bool:
        """Whether the namespace or a Service in it has been seen: one that is new may not have been."""
        return namespace in self._services_by_namespace or ("", namespace) in self._namespaces

    def vars_for_namespace(self, namespace: str) -> AvailableVars:
        """What the kubelet gives the Pods of a namespace."""
        kept = self._available_by_namespace.get(namespace)
        if kept is None:
            made = service_env.build_service_env(
                self._services_visible_in(namespace), namespace, groups_of=self._groups_of
            )
            kept = available_vars.make_available(
                made, reasons_for_kubelet=self._reasons_for_kubelet(namespace)
            )
            if namespace in self._services_by_namespace:  # others are asked for by whoever can send a request
                self._available_by_namespace[namespace] = kept
        return kept

    def vars_for_annotation(self, namespace: str, text: str) -> AvailableVars:
        """The Services of an annotation, `db, auth.other-namespace`, as far as Pods here may know them."""
        wanted: dict[Key, None] = {}
        warnings: list[str] = []
        if text.count(",") >= service_references.MAX_REFERENCES:
            warnings.append(
                f"only the first {service_references.MAX_REFERENCES} of the Services that are named count"
            )
        names = service_references.split_references(text)
        if not names:
            warnings.append("no Service is named")
        for name in names:
            try:
                wanted[self._find_service(name, namespace)] = None
            except ObjectError as error:
                warnings.append(str(error))
        made = service_env.build_env_of_services(self._services, wanted, self._groups_of)
        return available_vars.make_available(
            made, all_from_kubelet=self.vars_for_namespace(namespace), warnings=tuple(warnings)
        )

    def _find_service(self, text: str, namespace: str) -> Key:
        """The Service of this name that gives variables here; raises ObjectError where there is none."""
        key = service_references.parse_reference(text, namespace)
        shown = "/".join(key)
        if key[0] != namespace and not self._allows_injection(
            key[0], namespace
        ):  # first: it may not even be known
            allow = f"its namespace does not allow it ({ALLOW_INJECTION_ANNOTATION}: {namespace})"
            raise ObjectError("", f"Service {shown} is left out: {allow}")
        service = self._services.get(key)
        if service is None:
            raise ObjectError("", f"Service {shown} does not exist")
        if not service.cluster_addresses:
            raise ObjectError("", f"Service {shown} has no cluster IP, so there are no variables of it")
        return key

    def _allows_injection(self, namespace: str, pod_namespace: str) -> bool:
        known = self.find_namespace(namespace)
        annotations = known.metadata.annotations if known else None
        said = (annotations.allow_injection_into if annotations else None) or ""
        return not {_ANY_NAMESPACE, pod_namespace}.isdisjoint(part.strip() for part in said.split(","))

    def _reasons_for_kubelet(self, namespace: str) -> tuple[str, ...]:
        """Without links it gives the variables of `default/kubernetes`, whatever is called so here."""
        own = self._services.get((namespace, service_env.KUBERNETES_SERVICE[1]))
        if namespace == service_env.KUBERNETES_SERVICE[0] or own is None or not own.cluster_addresses:
            return ()
        return (f"the Service {namespace}/kubernetes in place of default/kubernetes",)

    def _services_visible_in(self, namespace: str) -> Iterator[Service]:
        yield from self._services_by_namespace.get(namespace, {}).values()
        master = self._services.get(service_env.KUBERNETES_SERVICE)
        if master is not None and namespace != service_env.KUBERNETES_SERVICE[0]:
            yield master

    def _groups_of(self, service: Service) -> tuple[VariableGroup, ...]:
        """Kept until the Service changes: of 2,000 in a namespace mostly one does."""
        key = key_of(service)
        if key not in self._variable_groups:
            self._variable_groups[key] = service_env_vars.variable_groups_of(service)
        return self._variable_groups[key]

    def _forget(self, changed: Key) -> None:
        self._variable_groups.pop(changed, None)
        if changed == service_env.KUBERNETES_SERVICE:
            self._available_by_namespace.clear()
        else:
            self._available_by_namespace.pop(changed[0], None)


def _apply_to(table: dict[Key, Any], change: Change) -> None:
    """The object as it is now, or nothing."""
    if change.new_object is None:
        table.pop(change.key, None)
    else:
        table[change.key] = change.new_object


def _variable_inputs(service: Service | None) -> Any:
    """All that its variables are made from: labels and endpoints change more often."""
    return service and (service.cluster_addresses[:1], service.spec.ports)
