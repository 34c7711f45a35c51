"""One Service as `kubectl describe service` prints it, and the DNS names it owns.

Source: kubernetes staging/src/k8s.io/kubectl/pkg/describe (describeService).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from svcdns import addresses
from svcdns.cli.shown import Ingress, Shown
from svcdns.cli.table import NONE, columns, escape, pairs
from svcdns.kube.objects import EndpointPort, EndpointSlice, ServicePort

Line: TypeAlias = tuple[str, str]
"""A title, and what stands behind it; more lines of the same have no title."""

LONGEST_ANNOTATION = 140
ENDPOINTS_SHOWN = 3
_UNSHOWN = "kubectl.kubernetes.io/last-applied-configuration"


def render(service: Shown, slices: Iterable[EndpointSlice], names: Sequence[tuple[str, str]]) -> str:
    """The description; `names` are DNS names with the types that each owns."""
    dns = [line.rstrip() for line in columns(names, gap=2).splitlines()] if names else [NONE]
    lines = [*_service(service, list(slices)), *_titled("DNS Names", dns)]
    return columns([(title and f"{title}:", escape(text)) for title, text in lines], gap=2)


def _service(service: Shown, slices: Sequence[EndpointSlice]) -> Iterator[Line]:
    meta, spec = service.metadata, service.spec
    yield "Name", meta.name
    yield "Namespace", meta.namespace or ""
    yield from _titled("Labels", [f"{k}={v}" for k, v in sorted((meta.labels or {}).items())] or [NONE])
    yield from _titled("Annotations", list(_annotations(meta.annotations or {})) or [NONE])
    yield "Selector", pairs(spec.selector)
    yield "Type", spec.type or ""
    yield from _given("IP Family Policy", spec.ip_family_policy)
    yield "IP Families", ",".join(spec.ip_families or ()) or NONE
    yield "IP", spec.cluster_ip or ""
    yield "IPs", ",".join(spec.cluster_ips or ()) or NONE
    yield from _given("External IPs", ",".join(spec.external_ips or ()))
    yield from _given("Desired LoadBalancer IP", spec.load_balancer_ip)
    yield from _given("External Name", spec.external_name)
    yield from _given("LoadBalancer Ingress", ", ".join(map(_ingress, service.ingress)))
    for port in spec.ports or ():
        yield from _port(port, slices)
    yield "Session Affinity", spec.session_affinity or ""
    yield from _given("External Traffic Policy", spec.external_traffic_policy)
    yield from _given("Internal Traffic Policy", spec.internal_traffic_policy)
    yield from _given("Traffic Distribution", spec.traffic_distribution)
    yield from _given("HealthCheck NodePort", spec.health_check_node_port)
    yield from _given("LoadBalancer Source Ranges", ",".join(spec.load_balancer_source_ranges or ()))


def _titled(title: str, texts: Sequence[str]) -> Iterator[Line]:
    yield title, texts[0]
    yield from (("", text) for text in texts[1:])


def _given(title: str, value: object) -> Iterator[Line]:
    if value:
        yield title, str(value)


def _annotations(found: Mapping[str, str]) -> Iterator[str]:
    """A long one, or one of several lines, stands below its key."""
    for name, value in sorted(found.items()):
        value = value.removesuffix("\n")
        if name == _UNSHOWN:
            continue
        if len(name) + len(value) + 2 <= LONGEST_ANNOTATION and "\n" not in value:
            yield f"{name}: {value}"
            continue
        yield f"{name}:"
        for line in value.split("\n"):
            yield (
                f"  {line}"
                if len(line) <= LONGEST_ANNOTATION - 2
                else f"  {line[: LONGEST_ANNOTATION - 2]}..."
            )


def _ingress(one: Ingress) -> str:
    return (one.ip or one.hostname or "") + (f" ({one.ip_mode})" if one.ip_mode else "")


def _port(port: ServicePort, slices: Sequence[EndpointSlice]) -> Iterator[Line]:
    name, protocol = port.name or "<unset>", port.protocol or "TCP"
    yield "Port", f"{name}  {port.port}/{protocol}"
    yield "TargetPort", f"{port.target_port or port.port}/{protocol}"
    if port.node_port:
        yield "NodePort", f"{name}  {port.node_port}/{protocol}"
    yield "Endpoints", endpoints(slices, port.name or "")


def endpoints(slices: Sequence[EndpointSlice], port: str) -> str:
    """The first ready endpoints of a port, and how many more there are."""
    if not slices:
        return NONE
    found = [
        _host_port(endpoint.addresses[0], end)
        for piece in slices
        for end in piece.ports or (EndpointPort(port),)
        if (end.name or "") == port
        for endpoint in piece.endpoints or ()
        if endpoint.ready and endpoint.addresses
    ]
    more = f" + {len(found) - ENDPOINTS_SHOWN} more..." if len(found) > ENDPOINTS_SHOWN else ""
    return ",".join(found[:ENDPOINTS_SHOWN]) + more


def _host_port(address: str, port: EndpointPort) -> str:
    if port.port is None:
        return address
    return addresses.host_port(address, port.port)
