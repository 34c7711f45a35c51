"""The rules of the API server for Services; see `validate`.

What depends on other Services or on the cluster's ranges (a free address, a free node port, which
IP families there are) is `allocate`'s. Source: Kubernetes API reference, Service v1.
"""

from collections.abc import Iterator

from svcdns.errors import ObjectError
from svcdns.kube import defaults, fields
from svcdns.kube.manifest_objects import Service, ServicePort, ServiceSpec

_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_FAMILIES = ("IPv4", "IPv6")
_POLICIES = ("SingleStack", "PreferDualStack", "RequireDualStack")
_TRAFFIC_POLICIES = ("Cluster", "Local")


def validate(service: Service) -> Iterator[ObjectError]:
    """The rules beyond metadata and selector, in the order of the fields."""
    spec = service.spec
    if spec.type not in _TYPES:
        yield fields.unsupported("spec.type", spec.type, _TYPES)
    if not spec.ports and not service.headless and spec.type != "ExternalName":
        yield fields.required("spec.ports")
    yield from _ports(spec)
    if spec.type == "ExternalName":
        yield from _external_name(spec)
    else:
        yield from _addresses(service)
    yield from _policies(spec)
    yield from _load_balancer(service)


def cluster_ip_field(index: int) -> str:
    """Where the address stands that `cluster_ips[index]` shows: people write `clusterIP` for the first."""
    return f"spec.clusterIPs[{index}]" if index else "spec.clusterIP"


def _ports(spec: ServiceSpec) -> Iterator[ObjectError]:
    ports = spec.ports or ()
    names: set[str] = set()
    numbers: set[tuple[int, str | None]] = set()
    node_ports: set[tuple[int, str | None]] = set()
    for index, port in enumerate(ports):
        field = f"spec.ports[{index}]"
        if not port.name and len(ports) > 1:
            yield fields.required(f"{field}.name", "several ports need a name each")
        yield from _port(field, port)
        if port.name and port.name in names:
            yield fields.duplicate(f"{field}.name", port.name)
        if (port.port, port.protocol) in numbers:
            yield fields.duplicate(field, {"port": port.port, "protocol": port.protocol})
        if port.node_port and spec.type == "ClusterIP":
            yield fields.forbidden(f"{field}.nodePort", "may not be used when `type` is 'ClusterIP'")
        if port.node_port and (port.node_port, port.protocol) in node_ports:
            yield fields.duplicate(f"{field}.nodePort", port.node_port)
        names.add(port.name or "")
        numbers.add((port.port, port.protocol))
        node_ports.add((port.node_port or 0, port.protocol))


def _port(field: str, port: ServicePort) -> Iterator[ObjectError]:
    if port.name:
        yield from fields.check(f"{field}.name", port.name, fields.dns_label)
    if message := fields.port_number(port.port):
        yield fields.invalid(f"{field}.port", port.port, message)
    if port.protocol not in fields.PROTOCOLS:
        yield fields.unsupported(f"{field}.protocol", port.protocol, fields.PROTOCOLS)
    target = port.target_port
    if isinstance(target, str):
        yield from fields.check(f"{field}.targetPort", target, fields.port_name)
    elif target is not None and target != port.port and (message := fields.port_number(target)):
        yield fields.invalid(f"{field}.targetPort", target, message)


def _external_name(spec: ServiceSpec) -> Iterator[ObjectError]:
    name = (spec.external_name or "").removesuffix(".")  # a trailing dot says that it is absolute
    if not name:
        yield fields.required("spec.externalName")
    elif message := fields.dns_subdomain(name):
        yield fields.invalid("spec.externalName", spec.external_name, message)
    for field, value in (
        ("clusterIP", spec.cluster_ips),
        ("ipFamilies", spec.ip_families),
        ("ipFamilyPolicy", spec.ip_family_policy),
    ):
        if value:
            yield fields.forbidden(f"spec.{field}", "may not be set for ExternalName services")


def _addresses(service: Service) -> Iterator[ObjectError]:
    spec, ips = service.spec, service.spec.cluster_ips or ()
    if service.headless and spec.type in defaults.EXTERNAL_TYPES:
        yield fields.invalid(
            cluster_ip_field(0), "None", f"may not be set to 'None' for {spec.type} services"
        )
    for index, family in enumerate(spec.ip_families or ()):
        if family not in _FAMILIES:
            yield fields.unsupported(f"spec.ipFamilies[{index}]", family, _FAMILIES)
        if family in (spec.ip_families or ())[:index]:
            yield fields.duplicate(f"spec.ipFamilies[{index}]", family)
    if spec.ip_family_policy and spec.ip_family_policy not in _POLICIES:
        yield fields.unsupported("spec.ipFamilyPolicy", spec.ip_family_policy, _POLICIES)
    if ips and spec.cluster_ip and spec.cluster_ip != ips[0]:
        yield fields.invalid("spec.clusterIPs", ips, "first value must match `clusterIP`")
    if len(ips) > 2:
        yield fields.invalid("spec.clusterIPs", ips, "may only hold up to 2 values")
    elif len(ips) == 2 and "None" in ips:
        yield fields.invalid("spec.clusterIPs", ips, "'None' must be the first and only value")
    elif not service.headless:
        yield from _families_match(spec, ips)
    for index, text in enumerate(spec.external_ips or ()):
        yield from fields.check(f"spec.externalIPs[{index}]", text, fields.endpoint_ip)


def _families_match(spec: ServiceSpec, ips: tuple[str, ...]) -> Iterator[ObjectError]:
    wanted = (*(spec.ip_families or ()), None, None)
    seen: set[str] = set()
    for index, (text, family) in enumerate(zip(ips, wanted, strict=False)):
        address = fields.address(text)
        if address is None:
            yield fields.invalid(cluster_ip_field(index), text, "must be a valid IP address")
            return
        found = fields.family_of(address)
        if found in seen:
            yield fields.invalid("spec.clusterIPs", ips, "may specify no more than one IP for each IP family")
        elif family in _FAMILIES and family != found:
            message = f"expected an {family} value as indicated by `ipFamilies[{index}]`"
            yield fields.invalid(cluster_ip_field(index), text, message)
        seen.add(found)


def _policies(spec: ServiceSpec) -> Iterator[ObjectError]:
    if spec.session_affinity not in ("None", "ClientIP"):
        yield fields.unsupported("spec.sessionAffinity", spec.session_affinity, ("None", "ClientIP"))
    if spec.internal_traffic_policy not in (None, *_TRAFFIC_POLICIES):
        yield fields.unsupported(
            "spec.internalTrafficPolicy", spec.internal_traffic_policy, _TRAFFIC_POLICIES
        )
    policy = spec.external_traffic_policy
    if policy and not defaults.externally_reached(spec):
        message = "may only be set for externally-accessible services"
        yield fields.invalid("spec.externalTrafficPolicy", policy, message)
    elif policy not in (None, *_TRAFFIC_POLICIES):
        yield fields.unsupported("spec.externalTrafficPolicy", policy, _TRAFFIC_POLICIES)


def _load_balancer(service: Service) -> Iterator[ObjectError]:
    spec = service.spec
    if spec.type != "LoadBalancer":
        for field, value in (
            ("allocateLoadBalancerNodePorts", spec.allocate_load_balancer_node_ports),
            ("loadBalancerClass", spec.load_balancer_class),
        ):
            if value is not None:
                yield fields.forbidden(f"spec.{field}", "may only be used when `type` is 'LoadBalancer'")
    if spec.health_check_node_port and not defaults.needs_health_check(spec):
        message = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield fields.invalid("spec.healthCheckNodePort", spec.health_check_node_port, message)
    status = service.status.load_balancer if service.status else None
    for index, ingress in enumerate((status.ingress if status else None) or ()):
        field = f"status.loadBalancer.ingress[{index}]"
        if ingress.ip:
            yield from fields.check(f"{field}.ip", ingress.ip, fields.ip)
        if ingress.hostname:
            yield from fields.check(f"{field}.hostname", ingress.hostname, fields.dns_subdomain)
            if fields.address(ingress.hostname):
                yield fields.invalid(
                    f"{field}.hostname", ingress.hostname, "must be a DNS name, not an IP address"
                )
