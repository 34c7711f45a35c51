"""One Service as `kubectl describe service` prints it, and the DNS names it owns.

Source: kubernetes staging/src/k8s.io/kubectl/pkg/describe (describeService).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from svcdns import addresses
from svcdns.cli.service_view import IngressView, ServiceView
from svcdns.cli.services_table import (
    NONE_TEXT,
    align_columns,
    escape_unprintable,
    labels_text,
)
from svcdns.kube.objects import EndpointPort, EndpointSlice, ServicePort

DescriptionLine: TypeAlias = tuple[str, str]
"""A title, and what stands behind it; more lines of the same have no title."""

MAX_ANNOTATION_WIDTH = 140
MAX_ENDPOINTS = 3
_HIDDEN_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def render_description(
    service: ServiceView, slices: Iterable[EndpointSlice], dns_names: Sequence[tuple[str, str]]
) -> str:
    """The description; `names` are DNS names with the types that each owns."""
    dns = (
        [line.rstrip() for line in align_columns(dns_names, gap=2).splitlines()] if dns_names else [NONE_TEXT]
    )
    lines = [*_service_lines(service, list(slices)), *_titled_lines("DNS Names", dns)]
    return align_columns([(title and f"{title}:", escape_unprintable(text)) for title, text in lines], gap=2)


def _service_lines(service: ServiceView, slices: Sequence[EndpointSlice]) -> Iterator[DescriptionLine]:
    meta, spec = service.metadata, service.spec
    yield "Name", meta.name
    yield "Namespace", meta.namespace or ""
    yield from _titled_lines(
        "Labels", [f"{k}={v}" for k, v in sorted((meta.labels or {}).items())] or [NONE_TEXT]
    )
    yield from _titled_lines("Annotations", list(_annotation_lines(meta.annotations or {})) or [NONE_TEXT])
    yield "Selector", labels_text(spec.selector)
    yield "Type", spec.type or ""
    yield from _optional_line("IP Family Policy", spec.ip_family_policy)
    yield "IP Families", ",".join(spec.ip_families or ()) or NONE_TEXT
    yield "IP", spec.cluster_ip or ""
    yield "IPs", ",".join(spec.cluster_ips or ()) or NONE_TEXT
    yield from _optional_line("External IPs", ",".join(spec.external_ips or ()))
    yield from _optional_line("Desired LoadBalancer IP", spec.load_balancer_ip)
    yield from _optional_line("External Name", spec.external_name)
    yield from _optional_line("LoadBalancer Ingress", ", ".join(map(_ingress_text, service.ingress)))
    for port in spec.ports or ():
        yield from _port_lines(port, slices)
    yield "Session Affinity", spec.session_affinity or ""
    yield from _optional_line("External Traffic Policy", spec.external_traffic_policy)
    yield from _optional_line("Internal Traffic Policy", spec.internal_traffic_policy)
    yield from _optional_line("Traffic Distribution", spec.traffic_distribution)
    yield from _optional_line("HealthCheck NodePort", spec.health_check_node_port)
    yield from _optional_line("LoadBalancer Source Ranges", ",".join(spec.load_balancer_source_ranges or ()))


def _titled_lines(title: str, texts: Sequence[str]) -> Iterator[DescriptionLine]:
    yield title, texts[0]
    yield from (("", text) for text in texts[1:])


def _optional_line(title: str, value: object) -> Iterator[DescriptionLine]:
    if value:
        yield title, str(value)


def _annotation_lines(annotations: Mapping[str, str]) -> Iterator[str]:
    """A long one, or one of several lines, stands below its key."""
    for name, value in sorted(annotations.items()):
        value = value.removesuffix("\n")
        if name == _HIDDEN_ANNOTATION:
            continue
        if len(name) + len(value) + 2 <= MAX_ANNOTATION_WIDTH and "\n" not in value:
            yield f"{name}: {value}"
            continue
        yield f"{name}:"
        for line in value.split("\n"):
            yield (
                f"  {line}"
                if len(line) <= MAX_ANNOTATION_WIDTH - 2
                else f"  {line[: MAX_ANNOTATION_WIDTH - 2]}..."
            )


def _ingress_text(ingress: IngressView) -> str:
    return (ingress.ip or ingress.hostname or "") + (f" ({ingress.ip_mode})" if ingress.ip_mode else "")


def _port_lines(port: ServicePort, slices: Sequence[EndpointSlice]) -> Iterator[DescriptionLine]:
    name, protocol = port.name or "<unset>", port.protocol or "TCP"
    yield "Port", f"{name}  {port.port}/{protocol}"
    yield "TargetPort", f"{port.target_port or port.port}/{protocol}"
    if port.node_port:
        yield "NodePort", f"{name}  {port.node_port}/{protocol}"
    yield "Endpoints", endpoints_text(slices, port.name or "")


def endpoints_text(slices: Sequence[EndpointSlice], port: str) -> str:
    """The first ready endpoints of a port, and how many more there are."""
    if not slices:
        return NONE_TEXT
    found = [
        _host_port_text(endpoint.addresses[0], end)
        for piece in slices
        for end in piece.ports or (EndpointPort(port),)
        if (end.name or "") == port
        for endpoint in piece.endpoints or ()
        if endpoint.is_ready and endpoint.addresses
    ]
    more = f" + {len(found) - MAX_ENDPOINTS} more..." if len(found) > MAX_ENDPOINTS else ""
    return ",".join(found[:MAX_ENDPOINTS]) + more


def _host_port_text(address: str, port: EndpointPort) -> str:
    if port.port is None:
        return address
    return addresses.host_port(address, port.port)
