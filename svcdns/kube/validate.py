"""The rules of the API server for what it stores: every broken one, with the field's path.

Called with defaults filled in. Limits that only protect the storage (1,000 endpoints in a slice)
are not ours. Source: Kubernetes API reference v1 and discovery.k8s.io/v1, and what API servers say.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from svcdns.errors import ObjectError
from svcdns.kube import fields, objects, validate_endpoints, validate_service
from svcdns.kube.manifest_objects import (
    Container,
    Endpoints,
    ManifestObject,
    Pod,
    Service,
)
from svcdns.kube.objects import EndpointSlice, Namespace, ServiceCIDR

_PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")


def validate(obj: ManifestObject) -> Iterator[ObjectError]:
    """All that is wrong with the object by itself; nothing for one the API server would take."""
    name_rule, rules = _RULES[type(obj)]
    yield from _metadata(obj.metadata, name_rule)
    yield from rules(obj)


def labels(field: str, mapping: Mapping[str, str] | None) -> Iterator[ObjectError]:
    """Labels, or the selector of a Service."""
    for key, value in (mapping or {}).items():
        yield from fields.check(f"{field}[{key}]", key, fields.label_key)
        yield from fields.check(f"{field}[{key}]", value, fields.label_value)


def _metadata(meta: objects.ObjectMeta, name_rule: fields.Check) -> Iterator[ObjectError]:
    if not meta.name:
        yield fields.required("metadata.name")
    else:
        yield from fields.check("metadata.name", meta.name, name_rule)
    if meta.namespace:
        yield from fields.check("metadata.namespace", meta.namespace, fields.dns_label)
    yield from labels("metadata.labels", meta.labels)


def _service(service: Service) -> Iterator[ObjectError]:
    yield from labels("spec.selector", service.spec.selector)
    yield from validate_service.validate(service)


def _pod(pod: Pod) -> Iterator[ObjectError]:
    for name, text in (("hostname", pod.spec.hostname), ("subdomain", pod.spec.subdomain)):
        if text:
            yield from fields.check(f"spec.{name}", text, fields.dns_label)
    for name, containers in (
        ("containers", pod.spec.containers),
        ("initContainers", pod.spec.init_containers),
    ):
        for index, container in enumerate(containers or ()):
            yield from _container(f"spec.{name}[{index}]", container)
    if pod.status.phase and pod.status.phase not in _PHASES:
        yield fields.unsupported("status.phase", pod.status.phase, _PHASES)
    if pod.status.pod_ip:
        yield from fields.check("status.podIP", pod.status.pod_ip, fields.ip)
    for index, pod_ip in enumerate(pod.status.pod_ips or ()):
        yield from fields.check(f"status.podIPs[{index}].ip", pod_ip.ip, fields.ip)


def _container(field: str, container: Container) -> Iterator[ObjectError]:
    seen: set[str] = set()
    for index, port in enumerate(container.ports or ()):
        place = f"{field}.ports[{index}]"
        if message := fields.port_number(port.container_port):
            yield fields.invalid(f"{place}.containerPort", port.container_port, message)
        if port.protocol and port.protocol not in fields.PROTOCOLS:
            yield fields.unsupported(f"{place}.protocol", port.protocol, fields.PROTOCOLS)
        if port.name:
            yield from fields.check(f"{place}.name", port.name, fields.port_name)
            if port.name in seen:
                yield fields.duplicate(f"{place}.name", port.name)
            seen.add(port.name)


def _namespace(namespace: Namespace) -> Iterator[ObjectError]:
    yield from ()


def _service_cidr(service_cidr: ServiceCIDR) -> Iterator[ObjectError]:
    """At most one network of each family (the API server: 1 or 2 CIDRs)."""
    cidrs = service_cidr.spec.cidrs or ()
    if not cidrs:
        yield fields.required("spec.cidrs", "at least one CIDR")
    families: set[fields.Family] = set()
    for index, text in enumerate(cidrs):
        place = f"spec.cidrs[{index}]"
        network = fields.network(text)
        if network is None:
            yield fields.invalid(
                place, text, "must be a CIDR, as 10.96.0.0/12, without bits behind its prefix"
            )
        elif (family := fields.family_of(network.network_address)) in families:
            yield fields.invalid(place, text, f"must be the only one of its family, {family}")
        else:
            families.add(family)


_RULES: dict[type[Any], tuple[fields.Check, Callable[[Any], Iterator[ObjectError]]]] = {
    Service: (fields.dns_label, _service),
    EndpointSlice: (fields.dns_subdomain, validate_endpoints.endpoint_slice),
    Endpoints: (fields.dns_subdomain, validate_endpoints.endpoints),
    Pod: (fields.dns_subdomain, _pod),
    Namespace: (fields.dns_label, _namespace),
    ServiceCIDR: (fields.dns_subdomain, _service_cidr),
}
"""What may be the name, and the rules beyond metadata."""
