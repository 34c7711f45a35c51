"""Services as `kubectl get services` prints them, with each one's DNS name in a last column.

Source: kubernetes pkg/printers/internalversion (printService) and apimachinery (HumanDuration).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from svcdns.cli.service_view import ServiceView
from svcdns.kube.objects import ServicePort

NONE_TEXT = "<none>"
MAX_LOAD_BALANCER_WIDTH = 16
"""What is longer is cut in the narrow table, as it was made for addresses."""


def render_services(
    services: Iterable[ServiceView],
    *,
    zone: str,
    now: datetime,
    with_namespaces: bool = False,
    wide: bool = False,
) -> str:
    """The whole table; `namespaces` puts theirs first, `wide` adds the selector."""
    head = ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    rows = [
        (["NAMESPACE"] if with_namespaces else []) + head + (["SELECTOR"] if wide else []) + ["DNS NAME"],
        *(_service_row(service, zone, now, with_namespaces, wide) for service in services),
    ]
    return align_columns(rows, gap=3)


def align_columns(rows: Sequence[Sequence[str]], gap: int) -> str:
    """Lines with the cells below each other; the last one is not filled up."""
    widths = [max(map(len, cells)) + gap for cells in zip(*rows, strict=True)][:-1]
    lines = ("".join(map(str.ljust, row, widths)) + row[-1] for row in rows)
    return "".join(line + "\n" for line in lines)


def _service_row(
    service: ServiceView, zone: str, now: datetime, with_namespaces: bool, wide: bool
) -> list[str]:
    meta, spec = service.metadata, service.spec
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
    return [escape_unprintable(cell) for cell in (*cells, f"{meta.name}.{meta.namespace}.svc.{zone}")]


def external_ip_text(service: ServiceView, wide: bool) -> str:
    """The EXTERNAL-IP column."""
    spec = service.spec
    if spec.type == "ExternalName":
        return spec.external_name or NONE_TEXT
    found = list(spec.external_ips or ())
    if spec.type == "LoadBalancer":
        balancer = ",".join(sorted({where for one in service.ingress if (where := one.ip or one.hostname)}))
        if not wide and len(balancer) > MAX_LOAD_BALANCER_WIDTH:
            balancer = balancer[: MAX_LOAD_BALANCER_WIDTH - 3] + "..."
        found = [balancer, *found] if balancer else found or ["<pending>"]
    return ",".join(found) or NONE_TEXT


def ports_text(service_ports: Sequence[ServicePort]) -> str:
    """The PORT(S) column: `80:30007/TCP,443/TCP`."""
    return (
        ",".join(
            f"{p.port}{f':{p.node_port}' if p.node_port else ''}/{p.protocol or 'TCP'}" for p in service_ports
        )
        or NONE_TEXT
    )


def labels_text(labels: Mapping[str, str] | None) -> str:
    """`a=1,b=2`, sorted."""
    return ",".join(f"{name}={value}" for name, value in sorted((labels or {}).items())) or NONE_TEXT


def escape_unprintable(text: str) -> str:
    """Text of an object is no command to the terminal, and stays in its line."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def age_text(timestamp: str | None, now: datetime) -> str:
    """The AGE column from an RFC 3339 time."""
    try:
        return duration_text(now - datetime.fromisoformat(timestamp or ""))
    except (ValueError, TypeError):
        return "<unknown>"


def duration_text(time: timedelta) -> str:
    """Two units while the greater one is small: `90s`, `5m30s`, `3h`, `2d4h`, `400d`, `3y20d`."""
    seconds = int(time.total_seconds())
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < -1:
        return "<invalid>"
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
    return f"{days // 365}y" + (_optional_unit(days % 365, "d") if days < 8 * 365 else "")


def _optional_unit(count: int, unit: str) -> str:
    return f"{count}{unit}" if count else ""
