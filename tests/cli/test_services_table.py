"""The table of Services: columns and cells as kubectl's, from objects as kubectl would get them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from svcdns.cli import service_view, services_table

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def service(name: str, namespace: str = "shop", **spec: Any) -> service_view.ServiceView:
    """A Service; `ingress` is its load balancer's, `created` its age."""
    ingress, created = spec.pop("ingress", None), spec.pop("created", None)
    metadata = {"name": name, "namespace": namespace}
    if isinstance(created, timedelta):
        metadata["creationTimestamp"] = (NOW - created).strftime("%Y-%m-%dT%H:%M:%SZ")

    status = {"loadBalancer": {"ingress": ingress} if ingress else {}}
    return service_view.to_service_view({"metadata": metadata, "spec": spec, "status": status})


SERVICES = [
    service(
        "kubernetes",
        "default",
        type="ClusterIP",
        clusterIPs=["10.96.0.1"],
        ports=[{"port": 443, "protocol": "TCP"}],
        created=timedelta(days=9),
    ),
    service("db", type="ClusterIP", clusterIPs=["None"], selector={"app": "db"}),
    service(
        "dual",
        type="ClusterIP",
        clusterIPs=["10.96.0.2", "fd00::2"],
        ports=[{"port": 80}, {"port": 53, "protocol": "UDP"}],
    ),
    service(
        "edge",
        type="LoadBalancer",
        clusterIPs=["10.96.0.3"],
        ports=[{"port": 80, "nodePort": 30007}, {"port": 443, "nodePort": 30008}],
    ),
    service(
        "web",
        type="NodePort",
        clusterIPs=["10.96.0.4"],
        externalIPs=["1.2.3.4", "5.6.7.8"],
        ports=[{"port": 80, "nodePort": 30009}],
        selector={"b": "2", "a": "1"},
    ),
    service("docs", type="ExternalName", externalName="docs.example.com"),
]

WIDE = """\
NAMESPACE   NAME         TYPE           CLUSTER-IP   EXTERNAL-IP        PORT(S)                      AGE         SELECTOR   DNS NAME
default     kubernetes   ClusterIP      10.96.0.1    <none>             443/TCP                      9d          <none>     kubernetes.default.svc.cluster.local
shop        db           ClusterIP      None         <none>             <none>                       <unknown>   app=db     db.shop.svc.cluster.local
shop        dual         ClusterIP      10.96.0.2    <none>             80/TCP,53/UDP                <unknown>   <none>     dual.shop.svc.cluster.local
shop        edge         LoadBalancer   10.96.0.3    <pending>          80:30007/TCP,443:30008/TCP   <unknown>   <none>     edge.shop.svc.cluster.local
shop        web          NodePort       10.96.0.4    1.2.3.4,5.6.7.8    80:30009/TCP                 <unknown>   a=1,b=2    web.shop.svc.cluster.local
shop        docs         ExternalName   <none>       docs.example.com   <none>                       <unknown>   <none>     docs.shop.svc.cluster.local
"""  # noqa: E501

NARROW = """\
NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE         DNS NAME
db     ClusterIP   None         <none>        <none>    <unknown>   db.shop.svc.x.org
"""


def test_the_wide_table() -> None:
    assert (
        services_table.render_services(
            SERVICES, zone="cluster.local", now=NOW, with_namespaces=True, wide=True
        )
        == WIDE
    )


def test_the_narrow_table() -> None:
    assert services_table.render_services([SERVICES[1]], zone="x.org", now=NOW) == NARROW


EXTERNAL = [
    ({"type": "ClusterIP"}, "<none>"),
    ({"type": "ClusterIP", "externalIPs": ["1.1.1.1", "2.2.2.2"]}, "1.1.1.1,2.2.2.2"),
    ({"type": "LoadBalancer"}, "<pending>"),
    ({"type": "LoadBalancer", "externalIPs": ["1.1.1.1"]}, "1.1.1.1"),
    ({"type": "LoadBalancer", "ingress": [{"ip": "9.9.9.9"}]}, "9.9.9.9"),
    ({"type": "LoadBalancer", "ingress": [{"ip": "9.9.9.9"}], "externalIPs": ["1.1.1.1"]}, "9.9.9.9,1.1.1.1"),
    ({"type": "LoadBalancer", "ingress": [{"hostname": "lb.io"}, {"ip": "1.1.1.1"}]}, "1.1.1.1,lb.io"),
    ({"type": "LoadBalancer", "ingress": [{"hostname": "edge-eu.example.com"}]}, "edge-eu.examp..."),
    ({"type": "ExternalName", "externalName": "a-long-name.example.com"}, "a-long-name.example.com"),
]


@pytest.mark.parametrize(("spec", "cell"), EXTERNAL)
def test_external_ip(spec: dict[str, Any], cell: str) -> None:
    assert services_table.external_ip_text(service("x", **spec), wide=False) == cell


def test_a_wide_table_shows_a_load_balancer_whole() -> None:
    wide = service("x", type="LoadBalancer", ingress=[{"hostname": "edge-eu.example.com"}])
    assert services_table.external_ip_text(wide, wide=True) == "edge-eu.example.com"


AGES = """
-5s <invalid>
-1s 0s
0s 0s
119s 119s
120s 2m
150s 2m30s
599s 9m59s
600s 10m
179m 179m
180m 3h
200m 3h20m
8h 8h
47h 47h
48h 2d
50h 2d2h
191h 7d23h
8d 8d
729d 729d
730d 2y
800d 2y70d
2919d 7y364d
2920d 8y
4000d 10y
""".strip().splitlines()


@pytest.mark.parametrize("line", AGES)
def test_age(line: str) -> None:
    text, shown = line.split()
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[text[-1]]
    assert services_table.duration_text(timedelta(**{unit: int(text[:-1])})) == shown


@pytest.mark.parametrize("timestamp", [None, "", "yesterday", "2026-03-01"])
def test_no_age(timestamp: str | None) -> None:
    assert services_table.age_text(timestamp, NOW) == "<unknown>"


def test_objects_do_not_steer_the_terminal() -> None:
    result = services_table.render_services(
        [service("x", type="ExternalName", externalName="\x1b[2J")], zone="z", now=NOW
    )
    assert "\x1b" not in result and "\\x1b[2J" in result
