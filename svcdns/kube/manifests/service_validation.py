"""The rules of the API server for Services; see `validation`.

Rules that depend on other Services or on the cluster's ranges (a free address, a free node port, the
IP families) are in `allocation` and `ip_families`. Source: Kubernetes API reference, Service v1.
"""

from collections.abc import Iterator

from svcdns.errors import ObjectError
from svcdns.kube.manifests import defaults, field_rules
from svcdns.kube.manifests.manifest_objects import (
    ManifestService,
    ManifestServicePort,
    ManifestServiceSpec,
)

_SERVICE_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_IP_FAMILIES = ("IPv4", "IPv6")
_IP_FAMILY_POLICIES = ("SingleStack", "PreferDualStack", "RequireDualStack")
_TRAFFIC_POLICIES = ("Cluster", "Local")


def validate_service(service: ManifestService) -> Iterator[ObjectError]:
    """The rules beyond metadata and selector, in the order of the fields."""
    spec = service.spec
    if spec.type not in _SERVICE_TYPES:
        yield field_rules.unsupported_value("spec.type", spec.type, _SERVICE_TYPES)

    # A headless Service or an ExternalName is only a name, which needs no port.
    if not spec.ports and not service.is_headless and spec.type != "ExternalName":
        yield field_rules.required_value("spec.ports")
    yield from _validate_ports(spec)

    if spec.type == "ExternalName":
        yield from _validate_external_name(spec)
    else:
        yield from _validate_addresses(service)

    yield from _validate_policies(spec)
    yield from _validate_load_balancer(service)


def cluster_ip_field(index: int) -> str:
    """The field to name in an error about `cluster_ips[index]`: people write the first as `clusterIP`."""
    return f"spec.clusterIPs[{index}]" if index else "spec.clusterIP"


def _validate_ports(spec: ManifestServiceSpec) -> Iterator[ObjectError]:
    ports = spec.ports or ()
    names: set[str] = set()
    numbers: set[tuple[int, str | None]] = set()
    node_ports: set[tuple[int, str | None]] = set()

    for index, port in enumerate(ports):
        field = f"spec.ports[{index}]"
        if not port.name and len(ports) > 1:
            yield field_rules.required_value(f"{field}.name", "several ports need a name each")

        yield from _validate_port(field, port)
        if port.name and port.name in names:
            yield field_rules.duplicate_value(f"{field}.name", port.name)
        if (port.port, port.protocol) in numbers:
            yield field_rules.duplicate_value(field, {"port": port.port, "protocol": port.protocol})

        # A number may serve TCP and UDP at once (DNS does), so duplicates are counted by protocol.
        if port.node_port and spec.type == "ClusterIP":
            yield field_rules.forbidden_field(
                f"{field}.nodePort", "may not be used when `type` is 'ClusterIP'"
            )
        if port.node_port and (port.node_port, port.protocol) in node_ports:
            yield field_rules.duplicate_value(f"{field}.nodePort", port.node_port)

        names.add(port.name or "")
        numbers.add((port.port, port.protocol))
        node_ports.add((port.node_port or 0, port.protocol))


def _validate_port(field: str, port: ManifestServicePort) -> Iterator[ObjectError]:
    if port.name:
        yield from field_rules.run_checks(f"{field}.name", port.name, field_rules.check_dns_label)

    if message := field_rules.check_port_number(port.port):
        yield field_rules.invalid_value(f"{field}.port", port.port, message)
    if port.protocol not in field_rules.PROTOCOLS:
        yield field_rules.unsupported_value(f"{field}.protocol", port.protocol, field_rules.PROTOCOLS)

    # A target equal to `port` is the default, and its mistake has been reported at `port`.
    target = port.target_port
    if isinstance(target, str):
        yield from field_rules.run_checks(f"{field}.targetPort", target, field_rules.check_port_name)
    elif target is not None and target != port.port and (message := field_rules.check_port_number(target)):
        yield field_rules.invalid_value(f"{field}.targetPort", target, message)


def _validate_external_name(spec: ManifestServiceSpec) -> Iterator[ObjectError]:
    name = (spec.external_name or "").removesuffix(".")  # a trailing dot says that it is absolute
    if not name:
        yield field_rules.required_value("spec.externalName")
    elif message := field_rules.check_dns_subdomain(name):
        yield field_rules.invalid_value("spec.externalName", spec.external_name, message)

    for field, value in (
        ("clusterIP", spec.cluster_ips),
        ("ipFamilies", spec.ip_families),
        ("ipFamilyPolicy", spec.ip_family_policy),
    ):
        if value:
            yield field_rules.forbidden_field(f"spec.{field}", "may not be set for ExternalName services")


def _validate_addresses(service: ManifestService) -> Iterator[ObjectError]:
    spec = service.spec
    ips = spec.cluster_ips or ()

    if service.is_headless and spec.type in defaults.EXTERNAL_SERVICE_TYPES:
        yield field_rules.invalid_value(
            cluster_ip_field(0), "None", f"may not be set to 'None' for {spec.type} services"
        )

    for index, family in enumerate(spec.ip_families or ()):
        if family not in _IP_FAMILIES:
            yield field_rules.unsupported_value(f"spec.ipFamilies[{index}]", family, _IP_FAMILIES)
        if family in (spec.ip_families or ())[:index]:
            yield field_rules.duplicate_value(f"spec.ipFamilies[{index}]", family)

    if spec.ip_family_policy and spec.ip_family_policy not in _IP_FAMILY_POLICIES:
        yield field_rules.unsupported_value("spec.ipFamilyPolicy", spec.ip_family_policy, _IP_FAMILY_POLICIES)

    if ips and spec.cluster_ip and spec.cluster_ip != ips[0]:
        yield field_rules.invalid_value("spec.clusterIPs", ips, "first value must match `clusterIP`")

    if len(ips) > 2:
        yield field_rules.invalid_value("spec.clusterIPs", ips, "may only hold up to 2 values")
    elif len(ips) == 2 and "None" in ips:
        yield field_rules.invalid_value("spec.clusterIPs", ips, "'None' must be the first and only value")
    elif not service.is_headless:
        yield from _validate_address_families(spec, ips)

    for index, text in enumerate(spec.external_ips or ()):
        yield from field_rules.run_checks(f"spec.externalIPs[{index}]", text, field_rules.check_endpoint_ip)


def _validate_address_families(spec: ManifestServiceSpec, ips: tuple[str, ...]) -> Iterator[ObjectError]:
    # None for the addresses that no declared family stands for: there are at most two.
    declared_families = (*(spec.ip_families or ()), None, None)
    seen: set[str] = set()

    for index, (text, declared_family) in enumerate(zip(ips, declared_families, strict=False)):
        address = field_rules.parse_address(text)
        if address is None:
            yield field_rules.invalid_value(cluster_ip_field(index), text, "must be a valid IP address")
            return

        family = field_rules.ip_family_of(address)
        if family in seen:
            yield field_rules.invalid_value(
                "spec.clusterIPs", ips, "may specify no more than one IP for each IP family"
            )
        elif declared_family in _IP_FAMILIES and declared_family != family:
            message = f"expected an {declared_family} value as indicated by `ipFamilies[{index}]`"
            yield field_rules.invalid_value(cluster_ip_field(index), text, message)
        seen.add(family)


def _validate_policies(spec: ManifestServiceSpec) -> Iterator[ObjectError]:
    if spec.session_affinity not in ("None", "ClientIP"):
        yield field_rules.unsupported_value(
            "spec.sessionAffinity", spec.session_affinity, ("None", "ClientIP")
        )

    if spec.internal_traffic_policy not in (None, *_TRAFFIC_POLICIES):
        yield field_rules.unsupported_value(
            "spec.internalTrafficPolicy", spec.internal_traffic_policy, _TRAFFIC_POLICIES
        )

    policy = spec.external_traffic_policy
    if policy and not defaults.is_externally_reachable(spec):
        message = "may only be set for externally-accessible services"
        yield field_rules.invalid_value("spec.externalTrafficPolicy", policy, message)
    elif policy not in (None, *_TRAFFIC_POLICIES):
        yield field_rules.unsupported_value("spec.externalTrafficPolicy", policy, _TRAFFIC_POLICIES)


def _validate_load_balancer(service: ManifestService) -> Iterator[ObjectError]:
    spec = service.spec
    if spec.type != "LoadBalancer":
        for field, value in (
            ("allocateLoadBalancerNodePorts", spec.allocate_load_balancer_node_ports),
            ("loadBalancerClass", spec.load_balancer_class),
        ):
            if value is not None:
                yield field_rules.forbidden_field(
                    f"spec.{field}", "may only be used when `type` is 'LoadBalancer'"
                )

    if spec.health_check_node_port and not defaults.needs_health_check_port(spec):
        message = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield field_rules.invalid_value("spec.healthCheckNodePort", spec.health_check_node_port, message)

    status = service.status.load_balancer if service.status else None
    for index, ingress in enumerate((status.ingress if status else None) or ()):
        field = f"status.loadBalancer.ingress[{index}]"
        if ingress.ip:
            yield from field_rules.run_checks(f"{field}.ip", ingress.ip, field_rules.check_ip)

        if ingress.hostname:
            yield from field_rules.run_checks(
                f"{field}.hostname", ingress.hostname, field_rules.check_dns_subdomain
            )
            # `192.0.2.1` passes as a DNS name, and belongs into `ip`.
            if field_rules.parse_address(ingress.hostname):
                yield field_rules.invalid_value(
                    f"{field}.hostname", ingress.hostname, "must be a DNS name, not an IP address"
                )
