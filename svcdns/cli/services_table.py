"""Services as `kubectl get services` prints them, with each one's DNS name in a last column.

Source: kubernetes pkg/printers/internalversion (printService) and apimachinery (HumanDuration).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from svcdns import printable_text
from svcdns.cli.service_view import ServiceView
from svcdns.cli.text_table import align_columns
from svcdns.kube.objects import ServicePort

NONE_TEXT = "<none>"
"""What kubectl prints for a field without a value."""

MAX_LOAD_BALANCER_WIDTH = 16
"""Characters of a load balancer's addresses in the narrow table: kubectl made room for an IPv4 address."""


def render_services(
    services: Iterable[ServiceView],
    *,
    zone: str,
    now: datetime,
    with_namespaces: bool = False,
    wide: bool = False,
) -> str:
    """The whole table; `with_namespaces` puts their column first, `wide` adds the selector."""
    head = ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    if with_namespaces:
        head.insert(0, "NAMESPACE")
    if wide:
        head.append("SELECTOR")
    head.append("DNS NAME")

    rows = [_service_row(service, zone, now, with_namespaces, wide) for service in services]
    return align_columns([head, *rows], gap=3)


def _service_row(
    service: ServiceView, zone: str, now: datetime, with_namespaces: bool, wide: bool
) -> list[str]:
    meta = service.metadata
    spec = service.spec
    cells = [
        meta.name,
        spec.type or "ClusterIP",
        spec.cluster_ips[0] if spec.cluster_ips else NONE_TEXT,
        external_ip_text(service, wide),
        ports_text(spec.ports or ()),
        age_text(meta.creation_timestamp, now),
    ]

    if with_namespaces:
        cells.insert(0, meta.namespace or "")
    if wide:
        cells.append(labels_text(spec.selector))
    cells.append(f"{meta.name}.{meta.namespace}.svc.{zone}")

    return [printable_text.escape(cell) for cell in cells]


def external_ip_text(service: ServiceView, wide: bool) -> str:
    """The EXTERNAL-IP column: the target of an ExternalName, else the load balancer and `externalIPs`."""
    spec = service.spec
    if spec.type == "ExternalName":
        return spec.external_name or NONE_TEXT

    columns = list(spec.external_ips or ())
    if spec.type == "LoadBalancer":
        # A set: kubectl shows each once, sorted.
        hosts = {ingress.ip or ingress.hostname or "" for ingress in service.ingress} - {""}
        balancer = ",".join(sorted(hosts))
        if not wide and len(balancer) > MAX_LOAD_BALANCER_WIDTH:
            balancer = balancer[: MAX_LOAD_BALANCER_WIDTH - 3] + "..."

        # kubectl calls it pending only while the Service has no address at all.
        columns = [balancer, *columns] if balancer else columns or ["<pending>"]

    return ",".join(columns) or NONE_TEXT


def ports_text(service_ports: Sequence[ServicePort]) -> str:
    """The PORT(S) column: `80:30007/TCP,443/TCP`."""
    texts = []
    for port in service_ports:
        node_port = f":{port.node_port}" if port.node_port else ""
        texts.append(f"{port.port}{node_port}/{port.protocol or 'TCP'}")
    return ",".join(texts) or NONE_TEXT


def labels_text(labels: Mapping[str, str] | None) -> str:
    """`a=1,b=2`, sorted."""
    return ",".join(f"{name}={value}" for name, value in sorted((labels or {}).items())) or NONE_TEXT


def age_text(timestamp: str | None, now: datetime) -> str:
    """The AGE column from an RFC 3339 time; `<unknown>` without one."""
    try:
        return duration_text(now - datetime.fromisoformat(timestamp or ""))
    except (ValueError, TypeError):
        return "<unknown>"


def duration_text(time: timedelta) -> str:
    """Two units while the greater one is small: `90s`, `5m30s`, `3h`, `2d4h`, `400d`, `3y20d`."""
    seconds = int(time.total_seconds())
    minutes = seconds // 60
    hours = seconds // 3600
    days = seconds // 86400

    # A second is for clocks that differ: the API server's and this machine's.
    if seconds < -1:
        return "<invalid>"
    # The bounds from here on are those of HumanDuration.
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    if minutes < 10:
        return f"{minutes}m" + _optional_unit(seconds % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h" + _optional_unit(minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d" + _optional_unit(hours % 24, "h")
    if days < 730:
        return f"{days}d"

    years = f"{days // 365}y"
    return years + _optional_unit(days % 365, "d") if days < 8 * 365 else years


def _optional_unit(count: int, unit: str) -> str:
    return f"{count}{unit}" if count else ""
