"""The rules of the API server for what it stores; every broken rule is an error with its field's path.

Objects come with their defaults filled in. Limits that only protect the storage (1,000 endpoints in a
slice) are left out. Source: Kubernetes API reference v1 and discovery.k8s.io/v1, and the messages of
API servers.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from svcdns.errors import ObjectError
from svcdns.kube import objects
from svcdns.kube.manifests import endpoints_validation, field_rules, service_validation
from svcdns.kube.manifests.manifest_objects import (
    Endpoints,
    ManifestContainer,
    ManifestObject,
    ManifestPod,
    ManifestService,
)
from svcdns.kube.objects import EndpointSlice, Namespace, ServiceCIDR

_POD_PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")


def validate(obj: ManifestObject) -> Iterator[ObjectError]:
    """All that is wrong with the object by itself; nothing where the API server would take it."""
    name_rule, rules = _RULES[type(obj)]
    yield from _validate_metadata(obj.metadata, name_rule)
    yield from rules(obj)


def validate_labels(field: str, labels: Mapping[str, str] | None) -> Iterator[ObjectError]:
    """The rules for labels, which are those for the selector of a Service too."""
    for key, value in (labels or {}).items():
        yield from field_rules.run_checks(f"{field}[{key}]", key, field_rules.check_label_key)
        yield from field_rules.run_checks(f"{field}[{key}]", value, field_rules.check_label_value)


def _validate_metadata(meta: objects.ObjectMeta, name_rule: field_rules.FieldCheck) -> Iterator[ObjectError]:
    if not meta.name:
        yield field_rules.required_value("metadata.name")
    else:
        yield from field_rules.run_checks("metadata.name", meta.name, name_rule)

    if meta.namespace:
        yield from field_rules.run_checks("metadata.namespace", meta.namespace, field_rules.check_dns_label)
    yield from validate_labels("metadata.labels", meta.labels)


def _validate_service(service: ManifestService) -> Iterator[ObjectError]:
    yield from validate_labels("spec.selector", service.spec.selector)
    yield from service_validation.validate_service(service)


def _validate_pod(pod: ManifestPod) -> Iterator[ObjectError]:
    for name, text in (("hostname", pod.spec.hostname), ("subdomain", pod.spec.subdomain)):
        if text:
            yield from field_rules.run_checks(f"spec.{name}", text, field_rules.check_dns_label)

    for name, containers in (
        ("containers", pod.spec.containers),
        ("initContainers", pod.spec.init_containers),
    ):
        for index, container in enumerate(containers or ()):
            yield from _validate_container(f"spec.{name}[{index}]", container)

    # The status counts too: a manifest's Pod has no kubelet, so its addresses are what its author writes.
    if pod.status.phase and pod.status.phase not in _POD_PHASES:
        yield field_rules.unsupported_value("status.phase", pod.status.phase, _POD_PHASES)
    if pod.status.pod_ip:
        yield from field_rules.run_checks("status.podIP", pod.status.pod_ip, field_rules.check_ip)
    for index, pod_ip in enumerate(pod.status.pod_ips or ()):
        yield from field_rules.run_checks(f"status.podIPs[{index}].ip", pod_ip.ip, field_rules.check_ip)


def _validate_container(field: str, container: ManifestContainer) -> Iterator[ObjectError]:
    seen: set[str] = set()
    for index, port in enumerate(container.ports or ()):
        port_field = f"{field}.ports[{index}]"

        if message := field_rules.check_port_number(port.container_port):
            yield field_rules.invalid_value(f"{port_field}.containerPort", port.container_port, message)
        if port.protocol and port.protocol not in field_rules.PROTOCOLS:
            yield field_rules.unsupported_value(
                f"{port_field}.protocol", port.protocol, field_rules.PROTOCOLS
            )

        # `targetPort` of a Service finds a port by its name, so a name has to be unique in the container.
        if port.name:
            yield from field_rules.run_checks(f"{port_field}.name", port.name, field_rules.check_port_name)
            if port.name in seen:
                yield field_rules.duplicate_value(f"{port_field}.name", port.name)
            seen.add(port.name)


def _validate_namespace(namespace: Namespace) -> Iterator[ObjectError]:
    # A Namespace has no rules beyond its metadata.
    yield from ()


def _validate_service_cidr(service_cidr: ServiceCIDR) -> Iterator[ObjectError]:
    """At least one network, and at most one of each family."""
    cidrs = service_cidr.spec.cidrs or ()
    if not cidrs:
        yield field_rules.required_value("spec.cidrs", "at least one CIDR")

    families: set[field_rules.IPFamily] = set()
    for index, text in enumerate(cidrs):
        field = f"spec.cidrs[{index}]"
        network = field_rules.parse_network(text)

        if network is None:
            yield field_rules.invalid_value(
                field, text, "must be a CIDR, as 10.96.0.0/12, without bits behind its prefix"
            )
        elif (family := field_rules.ip_family_of(network.network_address)) in families:
            yield field_rules.invalid_value(field, text, f"must be the only one of its family, {family}")
        else:
            families.add(family)


# Names of Services are labels since Kubernetes 1.34; before, they could not begin with a digit.
_RULES: dict[type[Any], tuple[field_rules.FieldCheck, Callable[[Any], Iterator[ObjectError]]]] = {
    ManifestService: (field_rules.check_dns_label, _validate_service),
    EndpointSlice: (field_rules.check_dns_subdomain, endpoints_validation.validate_endpoint_slice),
    Endpoints: (field_rules.check_dns_subdomain, endpoints_validation.validate_endpoints),
    ManifestPod: (field_rules.check_dns_subdomain, _validate_pod),
    Namespace: (field_rules.check_dns_label, _validate_namespace),
    ServiceCIDR: (field_rules.check_dns_subdomain, _validate_service_cidr),
}
"""For each type: the rule for its name, and the rules beyond metadata."""
