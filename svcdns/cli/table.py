"""Services as `kubectl get services` prints them, with each one's DNS name in a last column.

Source: kubernetes pkg/printers/internalversion (printService) and apimachinery (HumanDuration).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from svcdns.cli.shown import Shown
from svcdns.kube.objects import ServicePort

NONE = "<none>"
LOAD_BALANCER_WIDTH = 16
"""What is longer is cut in the narrow table, as it was made for addresses."""


def render(
    services: Iterable[Shown], *, zone: str, now: datetime, namespaces: bool = False, wide: bool = False
) -> str:
    """The whole table; `namespaces` puts theirs first, `wide` adds the selector."""
    head = ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    rows = [
        (["NAMESPACE"] if namespaces else []) + head + (["SELECTOR"] if wide else []) + ["DNS NAME"],
        *(_row(service, zone, now, namespaces, wide) for service in services),
    ]
    return columns(rows, gap=3)


def columns(rows: Sequence[Sequence[str]], gap: int) -> str:
    """Lines with the cells below each other; the last one is not filled up."""
    widths = [max(map(len, cells)) + gap for cells in zip(*rows, strict=True)][:-1]
    lines = ("".join(map(str.ljust, row, widths)) + row[-1] for row in rows)
    return "".join(line + "\n" for line in lines)


def _row(service: Shown, zone: str, now: datetime, namespaces: bool, wide: bool) -> list[str]:
    meta, spec = service.metadata, service.spec
    cells = [
        meta.name,
        spec.type or "ClusterIP",
        spec.cluster_ips[0] if spec.cluster_ips else NONE,
        external_ip(service, wide),
        ports(spec.ports or ()),
        age(meta.creation_timestamp, now),
    ]
    if namespaces:
        cells.insert(0, meta.namespace or "")
    if wide:
        cells.append(pairs(spec.selector))
    return [escape(cell) for cell in (*cells, f"{meta.name}.{meta.namespace}.svc.{zone}")]


def external_ip(service: Shown, wide: bool) -> str:
    """The EXTERNAL-IP column."""
    spec = service.spec
    if spec.type == "ExternalName":
        return spec.external_name or NONE
    found = list(spec.external_ips or ())
    if spec.type == "LoadBalancer":
        balancer = ",".join(sorted({where for one in service.ingress if (where := one.ip or one.hostname)}))
        if not wide and len(balancer) > LOAD_BALANCER_WIDTH:
            balancer = balancer[: LOAD_BALANCER_WIDTH - 3] + "..."
        found = [balancer, *found] if balancer else found or ["<pending>"]
    return ",".join(found) or NONE


def ports(found: Sequence[ServicePort]) -> str:
    """The PORT(S) column: `80:30007/TCP,443/TCP`."""
    return (
        ",".join(f"{p.port}{f':{p.node_port}' if p.node_port else ''}/{p.protocol or 'TCP'}" for p in found)
        or NONE
    )


def pairs(labels: Mapping[str, str] | None) -> str:
    """`a=1,b=2`, sorted."""
    return ",".join(f"{name}={value}" for name, value in sorted((labels or {}).items())) or NONE


def escape(text: str) -> str:
    """Text of an object is no command to the terminal, and stays in its line."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def age(timestamp: str | None, now: datetime) -> str:
    """The AGE column from an RFC 3339 time."""
    try:
        return duration(now - datetime.fromisoformat(timestamp or ""))
    except (ValueError, TypeError):
        return "<unknown>"


def duration(time: timedelta) -> str:
    """Two units while the greater one is small: `90s`, `5m30s`, `3h`, `2d4h`, `400d`, `3y20d`."""
    seconds = int(time.total_seconds())
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < -1:
        return "<invalid>"
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    if minutes < 10:
        return f"{minutes}m" + _rest(seconds % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h" + _rest(minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d" + _rest(hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return f"{days // 365}y" + (_rest(days % 365, "d") if days < 8 * 365 else "")


def _rest(count: int, unit: str) -> str:
    return f"{count}{unit}" if count else ""
