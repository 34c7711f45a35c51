"""One Service as `kubectl describe service` prints it, and the DNS names it owns.

Source: kubernetes staging/src/k8s.io/kubectl/pkg/describe (describeService).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from svcdns import addresses, printable_text
from svcdns.cli.service_view import IngressView, ServiceView
from svcdns.cli.services_table import NONE_TEXT, labels_text
from svcdns.cli.text_table import align_columns
from svcdns.kube.objects import EndpointPort, EndpointSlice, ServicePort

DescriptionLine: TypeAlias = tuple[str, str]
"""A title and the text behind it; the further lines of a title have an empty one."""

MAX_ANNOTATION_WIDTH = 140
"""Characters of a line with an annotation, as in kubectl."""

MAX_ENDPOINTS = 3
"""Endpoints of a port that are shown, as in kubectl; the others are counted."""

_HIDDEN_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation that `kubectl describe` does not show: it has the whole object."""


def render_description(
    service: ServiceView, slices: Iterable[EndpointSlice], dns_names: Sequence[tuple[str, str]]
) -> str:
    """The description; `dns_names` are pairs of a name and the types of its records."""
    dns_lines = [NONE_TEXT]
    if dns_names:
        dns_lines = [line.rstrip() for line in align_columns(dns_names, gap=2).splitlines()]

    rows = []
    for title, text in (*_service_lines(service, list(slices)), *_titled_lines("DNS Names", dns_lines)):
        rows.append((title and f"{title}:", printable_text.escape(text)))
    return align_columns(rows, gap=2)


def _service_lines(service: ServiceView, slices: Sequence[EndpointSlice]) -> Iterator[DescriptionLine]:
    """The lines in kubectl's order."""
    meta = service.metadata
    spec = service.spec

    yield "Name", meta.name
    yield "Namespace", meta.namespace or ""
    labels = [f"{name}={value}" for name, value in sorted((meta.labels or {}).items())]
    yield from _titled_lines("Labels", labels or [NONE_TEXT])
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
    """Annotations, sorted; a long one, or one of several lines, stands below its key."""
    for name, value in sorted(annotations.items()):
        value = value.removesuffix("\n")
        if name == _HIDDEN_ANNOTATION:
            continue

        # The 2 is for the colon and the space between.
        if len(name) + len(value) + 2 <= MAX_ANNOTATION_WIDTH and "\n" not in value:
            yield f"{name}: {value}"
            continue

        yield f"{name}:"
        for line in value.split("\n"):
            is_cut = len(line) > MAX_ANNOTATION_WIDTH - 2
            yield f"  {line[: MAX_ANNOTATION_WIDTH - 2]}..." if is_cut else f"  {line}"


def _ingress_text(ingress: IngressView) -> str:
    host = ingress.ip or ingress.hostname or ""
    return f"{host} ({ingress.ip_mode})" if ingress.ip_mode else host


def _port_lines(port: ServicePort, slices: Sequence[EndpointSlice]) -> Iterator[DescriptionLine]:
    name = port.name or "<unset>"
    protocol = port.protocol or "TCP"

    yield "Port", f"{name}  {port.port}/{protocol}"
    yield "TargetPort", f"{port.target_port or port.port}/{protocol}"
    if port.node_port:
        yield "NodePort", f"{name}  {port.node_port}/{protocol}"
    yield "Endpoints", endpoints_text(slices, port.name or "")


def endpoints_text(slices: Sequence[EndpointSlice], port: str) -> str:
    """The first ready endpoints of the port of this name, and how many others there are."""
    if not slices:
        return NONE_TEXT

    texts = []
    for endpoint_slice in slices:
        # A slice without ports is for all ports; its endpoints are shown as addresses alone.
        for slice_port in endpoint_slice.ports or (EndpointPort(port),):
            if (slice_port.name or "") != port:
                continue
            texts += [
                _host_port_text(endpoint.addresses[0], slice_port)
                for endpoint in endpoint_slice.endpoints or ()
                if endpoint.is_ready and endpoint.addresses
            ]

    hidden_count = len(texts) - MAX_ENDPOINTS
    suffix = f" + {hidden_count} more..." if hidden_count > 0 else ""
    return ",".join(texts[:MAX_ENDPOINTS]) + suffix


def _host_port_text(address: str, port: EndpointPort) -> str:
    if port.port is None:
        return address
    return addresses.host_port(address, port.port)
