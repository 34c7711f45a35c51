"""The rules of the API server for what it stores: every broken one, with the field's path.

Called with defaults filled in. Limits that only protect the storage (1,000 endpoints in a slice)
are not ours. Source: Kubernetes API reference v1 and discovery.k8s.io/v1, and what API servers say.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from svcdns.errors import ObjectError
from svcdns.kube import fields, objects, validate_endpoints, validate_service
from svcdns.kube.manifest_objects import (
    ManifestContainer,
    Endpoints,
    ManifestObject,
    ManifestPod,
    ManifestService,
)
from svcdns.kube.objects import EndpointSlice, Namespace, ServiceCIDR

_POD_PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")


def validate(obj: ManifestObject) -> Iterator[ObjectError]:
    """All that is wrong with the object by itself; nothing for one the API server would take."""
    name_rule, rules = _RULES[type(obj)]
    yield from _validate_metadata(obj.metadata, name_rule)
    yield from rules(obj)


def validate_labels(field: str, labels: Mapping[str, str] | None) -> Iterator[ObjectError]:
    """Labels, or the selector of a Service."""
    for key, value in (labels or {}).items():
        yield from fields.run_checks(f"{field}[{key}]", key, fields.check_label_key)
        yield from fields.run_checks(f"{field}[{key}]", value, fields.check_label_value)


def _validate_metadata(meta: objects.ObjectMeta, name_rule: fields.FieldCheck) -> Iterator[ObjectError]:
    if not meta.name:
        yield fields.required_value("metadata.name")
    else:
        yield from fields.run_checks("metadata.name", meta.name, name_rule)
    if meta.namespace:
        yield from fields.run_checks("metadata.namespace", meta.namespace, fields.check_dns_label)
    yield from validate_labels("metadata.labels", meta.labels)


def _validate_service(service: ManifestService) -> Iterator[ObjectError]:
    yield from validate_labels("spec.selector", service.spec.selector)
    yield from validate_service.validate_service(service)


def _validate_pod(pod: ManifestPod) -> Iterator[ObjectError]:
    for name, text in (("hostname", pod.spec.hostname), ("subdomain", pod.spec.subdomain)):
        if text:
            yield from fields.run_checks(f"spec.{name}", text, fields.check_dns_label)
    for name, containers in (
        ("containers", pod.spec.containers),
        ("initContainers", pod.spec.init_containers),
    ):
        for index, container in enumerate(containers or ()):
            yield from _validate_container(f"spec.{name}[{index}]", container)
    if pod.status.phase and pod.status.phase not in _POD_PHASES:
        yield fields.unsupported_value("status.phase", pod.status.phase, _POD_PHASES)
    if pod.status.pod_ip:
        yield from fields.run_checks("status.podIP", pod.status.pod_ip, fields.check_ip)
    for index, pod_ip in enumerate(pod.status.pod_ips or ()):
        yield from fields.run_checks(f"status.podIPs[{index}].ip", pod_ip.ip, fields.check_ip)


def _validate_container(field: str, container: ManifestContainer) -> Iterator[ObjectError]:
    seen: set[str] = set()
    for index, port in enumerate(container.ports or ()):
        place = f"{field}.ports[{index}]"
        if message := fields.check_port_number(port.container_port):
            yield fields.invalid_value(f"{place}.containerPort", port.container_port, message)
        if port.protocol and port.protocol not in fields.PROTOCOLS:
            yield fields.unsupported_value(f"{place}.protocol", port.protocol, fields.PROTOCOLS)
        if port.name:
            yield from fields.run_checks(f"{place}.name", port.name, fields.check_port_name)
            if port.name in seen:
                yield fields.duplicate_value(f"{place}.name", port.name)
            seen.add(port.name)


def _validate_namespace(namespace: Namespace) -> Iterator[ObjectError]:
    yield from ()


def _validate_service_cidr(service_cidr: ServiceCIDR) -> Iterator[ObjectError]:
    """At most one network of each family (the API server: 1 or 2 CIDRs)."""
    cidrs = service_cidr.spec.cidrs or ()
    if not cidrs:
        yield fields.required_value("spec.cidrs", "at least one CIDR")
    families: set[fields.IPFamily] = set()
    for index, text in enumerate(cidrs):
        place = f"spec.cidrs[{index}]"
        network = fields.parse_network(text)
        if network is None:
            yield fields.invalid_value(
                place, text, "must be a CIDR, as 10.96.0.0/12, without bits behind its prefix"
            )
        elif (family := fields.ip_family_of(network.network_address)) in families:
            yield fields.invalid_value(place, text, f"must be the only one of its family, {family}")
        else:
            families.add(family)


_RULES: dict[type[Any], tuple[fields.FieldCheck, Callable[[Any], Iterator[ObjectError]]]] = {
    ManifestService: (fields.check_dns_label, _validate_service),
    EndpointSlice: (fields.check_dns_subdomain, validate_endpoints.validate_endpoint_slice),
    Endpoints: (fields.check_dns_subdomain, validate_endpoints.validate_endpoints),
    ManifestPod: (fields.check_dns_subdomain, _validate_pod),
    Namespace: (fields.check_dns_label, _validate_namespace),
    ServiceCIDR: (fields.check_dns_subdomain, _validate_service_cidr),
}
"""What may be the name, and the rules beyond metadata."""
