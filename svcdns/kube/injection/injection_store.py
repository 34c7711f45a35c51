"""What the webhook knows of the cluster: Services and Namespaces, and the variables available to Pods.

    source -> Change -> InjectionStore -> AvailableVars

The variables of a namespace are cached until one of its Services changes. Nothing here waits or reads a
clock; the caller knows whether all objects have been listed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from svcdns.errors import ObjectError
from svcdns.kube.injection import available_vars, opt_in, service_env, service_env_vars
from svcdns.kube.injection.available_vars import AvailableVars
from svcdns.kube.injection.service_env_vars import VariableGroup
from svcdns.kube.objects import Change, Key, Kind, Namespace, Service, StoredObject, key_of

ALLOW_INJECTION_ANNOTATION = "svcdns.io/allow-injection-into"
"""Annotation of a Namespace: whose Pods may get its Services, as `bookshop, billing` or `*`."""

_ANY_NAMESPACE = "*"


class InjectionStore:
    """Services and Namespaces by key, with the variables made of them."""

    def __init__(self) -> None:
        self._services: dict[Key, Service] = {}
        self._namespaces: dict[Key, Namespace] = {}
        self._services_by_namespace: dict[str, dict[Key, Service]] = {}

        # Caches: to make the variables of 2,000 Services takes 20 ms, and Pods come in bursts.
        self._variable_groups: dict[Key, tuple[VariableGroup, ...]] = {}
        self._available_by_namespace: dict[str, AvailableVars] = {}

    def objects(self, kind: Kind) -> Mapping[Key, StoredObject]:
        """All stored objects of a kind, by key; of kinds without variables there are none."""
        tables: dict[Kind, Mapping[Key, StoredObject]] = {
            "Service": self._services,
            "Namespace": self._namespaces,
        }
        return tables.get(kind, {})

    def apply(self, change: Change) -> None:
        """Store the object of a change, or remove it; objects of other kinds are ignored."""
        if change.kind == "Namespace":
            _apply_to(self._namespaces, change)
        elif change.kind == "Service":
            self._apply_service(change)

    def _apply_service(self, change: Change) -> None:
        namespace = change.key[0]
        services_in_namespace = self._services_by_namespace.setdefault(namespace, {})
        old_service = self._services.get(change.key)

        _apply_to(self._services, change)
        _apply_to(services_in_namespace, change)
        if not services_in_namespace:
            del self._services_by_namespace[namespace]

        if _variable_inputs(old_service) != _variable_inputs(self._services.get(change.key)):
            self._forget(change.key)

    def find_namespace(self, name: str) -> Namespace | None:
        """The Namespace object of this name; None where none is stored."""
        return self._namespaces.get(("", name))

    def is_namespace_seen(self, namespace: str) -> bool:
        """Whether the namespace or a Service in it is stored: a new one may not have arrived yet."""
        return namespace in self._services_by_namespace or ("", namespace) in self._namespaces

    def vars_for_namespace(self, namespace: str) -> AvailableVars:
        """The variables that the kubelet gives the Pods of a namespace."""
        cached = self._available_by_namespace.get(namespace)
        if cached is not None:
            return cached

        environment = service_env.build_service_env(
            self._services_visible_in(namespace), namespace, groups_of=self._groups_of
        )
        available = available_vars.make_available(
            environment, reasons_for_kubelet=self._reasons_for_kubelet(namespace)
        )

        # A request may name any namespace: the cache must not grow by those that do not exist.
        if namespace in self._services_by_namespace:
            self._available_by_namespace[namespace] = available
        return available

    def vars_for_annotation(self, namespace: str, text: str) -> AvailableVars:
        """The variables of the Services that an annotation names (`db, auth.other-namespace`).

        Only of those that Pods of this namespace may get; each other one is a warning.
        """
        keys: dict[Key, None] = {}
        warnings: list[str] = []

        if text.count(",") >= opt_in.MAX_REFERENCES:
            warnings.append(f"only the first {opt_in.MAX_REFERENCES} Services of the annotation are used")

        names = opt_in.split_references(text)
        if not names:
            warnings.append("no Service is named")
        for name in names:
            try:
                keys[self._find_service(name, namespace)] = None
            except ObjectError as error:
                warnings.append(str(error))

        environment = service_env.build_env_of_services(self._services, keys, self._groups_of)
        return available_vars.make_available(
            environment, all_from_kubelet=self.vars_for_namespace(namespace), warnings=tuple(warnings)
        )

    def _find_service(self, text: str, namespace: str) -> Key:
        """The key of the Service that a name means; raises ObjectError where it has no variables here."""
        key = opt_in.parse_reference(text, namespace)
        shown = "/".join(key)

        # Before anything else: a Pod must not learn whether a Service of another namespace exists.
        if key[0] != namespace and not self._allows_injection(key[0], namespace):
            allow = f"its namespace does not allow it ({ALLOW_INJECTION_ANNOTATION}: {namespace})"
            raise ObjectError("", f"Service {shown} is left out: {allow}")

        service = self._services.get(key)
        if service is None:
            raise ObjectError("", f"Service {shown} does not exist")
        if not service.cluster_addresses:
            raise ObjectError("", f"Service {shown} has no cluster IP, so there are no variables of it")
        return key

    def _allows_injection(self, namespace: str, pod_namespace: str) -> bool:
        """Whether Pods of `pod_namespace` may get the Services of `namespace`."""
        obj = self.find_namespace(namespace)
        annotations = obj.metadata.annotations if obj else None
        text = (annotations.allow_injection_into if annotations else None) or ""

        allowed_namespaces = {part.strip() for part in text.split(",")}
        return _ANY_NAMESPACE in allowed_namespaces or pod_namespace in allowed_namespaces

    def _reasons_for_kubelet(self, namespace: str) -> tuple[str, ...]:
        # Without links it gives the variables of `default/kubernetes`, and so not those of this one.
        own = self._services.get((namespace, service_env.KUBERNETES_SERVICE[1]))
        # A headless Service of that name has no variables, so there is nothing to lose.
        if namespace == service_env.KUBERNETES_SERVICE[0] or own is None or not own.cluster_addresses:
            return ()
        return (f"the Service {namespace}/kubernetes in place of default/kubernetes",)

    def _services_visible_in(self, namespace: str) -> Iterator[Service]:
        yield from self._services_by_namespace.get(namespace, {}).values()

        api_server = self._services.get(service_env.KUBERNETES_SERVICE)
        if api_server is not None and namespace != service_env.KUBERNETES_SERVICE[0]:
            yield api_server

    def _groups_of(self, service: Service) -> tuple[VariableGroup, ...]:
        """Cached until the Service changes: of 2,000 in a namespace, mostly one changes at a time."""
        key = key_of(service)
        if key not in self._variable_groups:
            self._variable_groups[key] = service_env_vars.variable_groups_of(service)
        return self._variable_groups[key]

    def _forget(self, changed: Key) -> None:
        self._variable_groups.pop(changed, None)

        # Every namespace has the variables of this one.
        if changed == service_env.KUBERNETES_SERVICE:
            self._available_by_namespace.clear()
        else:
            self._available_by_namespace.pop(changed[0], None)


def _apply_to(table: dict[Key, Any], change: Change) -> None:
    """Store the object of the change, or remove it."""
    if change.new_object is None:
        table.pop(change.key, None)
    else:
        table[change.key] = change.new_object


def _variable_inputs(service: Service | None) -> Any:
    """The fields that its variables are made from; labels and annotations change more often."""
    return service and (service.cluster_addresses[:1], service.spec.ports)
