"""`svcdns services` on manifests: what is chosen, its formats, and its mistakes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from svcdns.cli import kubectl_output
from tests.cli.conftest import Run

MANIFESTS = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  creationTimestamp: "2000-01-01T00:00:00Z"
  annotations: {team: shop}
spec:
  clusterIP: 10.96.0.80
  selector: {app: web}
  trafficDistribution: PreferClose
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: db, namespace: data}
  spec: {clusterIP: None, ports: [{port: 5432}], selector: {app: db}}
- apiVersion: v1
  kind: Pod
  metadata: {name: db-0, namespace: data, labels: {app: db}}
  spec: {hostname: db-0, subdomain: db, containers: [{name: db, ports: [{containerPort: 5432}]}]}
  status: {phase: Running, podIPs: [{ip: 10.244.0.7}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: edge}
spec: {type: LoadBalancer, clusterIP: 10.96.0.7, ports: [{port: 80, nodePort: 30080}]}
"""

WEB = """\
Name:                     web
Namespace:                shop
Labels:                   <none>
Annotations:              team: shop
Selector:                 app=web
Type:                     ClusterIP
IP Family Policy:         SingleStack
IP Families:              IPv4
IP:                       10.96.0.80
IPs:                      10.96.0.80
Port:                     http  80/TCP
TargetPort:               8080/TCP
Endpoints:                <none>
Session Affinity:         None
Internal Traffic Policy:  Cluster
Traffic Distribution:     PreferClose
DNS Names:                web.shop.svc.cluster.local             A SRV
                          _http._tcp.web.shop.svc.cluster.local  SRV
"""


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    """A file, as the flag's value."""
    path = tmp_path / "all.yaml"
    path.write_text(MANIFESTS)
    return str(path)


def names(out: str) -> list[list[str]]:
    """The first two columns below the head."""
    return [line.split()[:2] for line in out.splitlines()[1:]]


def test_a_namespace(run: Run, manifests: str) -> None:
    result = run("services", "-n", "shop", "--manifests", manifests)
    head, row = result.out.splitlines()
    cells = row.split()

    assert (result.code, result.err) == (0, "")
    assert head.split() == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", "DNS", "NAME"]
    assert cells[:5] == ["web", "ClusterIP", "10.96.0.80", "<none>", "80/TCP"]
    assert cells[5].endswith(("y", "d"))
    assert cells[6:] == ["web.shop.svc.cluster.local"]


def test_the_default_namespace(run: Run, manifests: str) -> None:
    out = run("services", "--manifests", manifests).out
    assert names(out) == [["edge", "LoadBalancer"]]
    assert "80:30080/TCP" in out and "<pending>" in out


def test_all_namespaces_in_order(run: Run, manifests: str) -> None:
    out = run("services", "-A", "--manifests", manifests).out
    assert names(out) == [["data", "db"], ["default", "edge"], ["shop", "web"]]


def test_the_zone_of_the_settings(run: Run, manifests: str) -> None:
    assert (
        "web.shop.svc.example.org\n"
        in run("services", "-A", "--zone", "example.org", "--manifests", manifests).out
    )


def test_nothing_found(run: Run, manifests: str, tmp_path: Path) -> None:
    message = "No resources found in none namespace.\n"
    assert run("services", "-n", "none", "--manifests", manifests) == (0, "", message)
    (tmp_path / "empty.yaml").write_text("")
    assert run("services", "-A", "--manifests", str(tmp_path / "empty.yaml")) == (
        0,
        "",
        "No resources found\n",
    )


@pytest.mark.parametrize(("output", "load"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_whole_objects(run: Run, manifests: str, output: str, load: Callable[[str], Any]) -> None:
    """As they were written, with what was allocated and filled in."""
    whole = load(run("services", "-A", "-o", output, "--manifests", manifests).out)
    assert (whole["apiVersion"], whole["kind"]) == ("v1", "List")
    db, edge, web = whole["items"]

    assert [item["kind"] for item in whole["items"]] == ["Service"] * 3
    assert web["spec"]["trafficDistribution"] == "PreferClose"
    assert web["metadata"]["annotations"] == {"team": "shop"}
    assert web["spec"]["clusterIPs"] == ["10.96.0.80"]
    assert web["spec"]["ports"] == [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]
    assert edge["metadata"] == {"name": "edge", "namespace": "default"}
    assert db["spec"]["clusterIP"] == "None"


def test_yaml_is_written_as_kubectl_does() -> None:
    """This is what kubectl 1.32 printed for the same object."""
    metadata = {
        "name": "a",
        "annotations": {"number": "1", "digits": "0189", "text": "a b", "colon": "a: b", "lines": "a\nb"},
    }
    text = """\
apiVersion: v1
items:
- kind: Service
  metadata:
    annotations:
      colon: 'a: b'
      digits: "0189"
      lines: |-
        a
        b
      number: "1"
      text: a b
    name: a
kind: List
metadata:
  resourceVersion: ""
"""
    assert kubectl_output.to_yaml([{"kind": "Service", "metadata": metadata}]) == text


def test_what_is_printed_can_be_served(run: Run, manifests: str, tmp_path: Path) -> None:
    """The objects as YAML give the same table again."""
    again = tmp_path / "again.yaml"
    again.write_text(run("services", "-A", "-o", "yaml", "--manifests", manifests).out)
    assert run("services", "-A", "--manifests", str(again)) == run("services", "-A", "--manifests", manifests)


def test_describe(run: Run, manifests: str) -> None:
    assert run("services", "describe", "web", "-n", "shop", "--manifests", manifests) == (0, WEB, "")


def test_flags_may_stand_before_describe(run: Run, manifests: str) -> None:
    assert run("services", "-n", "shop", "--manifests", manifests, "describe", "web") == (0, WEB, "")


def test_describe_shows_the_endpoints_and_their_names(run: Run, manifests: str) -> None:
    out = run("services", "describe", "db", "-n", "data", "--manifests", manifests).out
    assert "Endpoints:                10.244.0.7:5432\n" in out
    assert out.endswith(
        "DNS Names:                db.data.svc.cluster.local       A SRV\n"
        "                          db-0.db.data.svc.cluster.local  A SRV\n"
    )


def test_describe_of_a_service_that_is_not_served(run: Run, manifests: str) -> None:
    out = run(
        "services", "describe", "web", "-n", "shop", "--namespaces", "data", "--manifests", manifests
    ).out
    assert out.endswith("DNS Names:                <none>\n")


def test_describe_of_several_has_two_empty_lines_between(run: Run, manifests: str, tmp_path: Path) -> None:
    second = tmp_path / "other.yaml"
    second.write_text(
        "{apiVersion: v1, kind: Service, metadata: {name: b, namespace: shop}, spec: {ports: [{port: 1}]}}"
    )
    sources = ("--manifests", manifests, "--manifests", str(second))
    out = run("services", "describe", "web", "b", "-n", "shop", *sources).out

    assert out.startswith(WEB + "\n\nName:")


def test_describe_of_what_does_not_exist(run: Run, manifests: str) -> None:
    result = run("services", "describe", "nope", "--manifests", manifests)
    assert result == (1, "", 'svcdns: services "nope" not found in namespace "default"\n')


def test_problems_of_manifests_are_said_and_the_rest_is_shown(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}, {port: 2}]}}\n"
        "---\n{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 1}]}}\n"
    )
    result = run("services", "--manifests", str(bad))

    assert result.code == 0 and names(result.out) == [["b", "ClusterIP"]]
    assert result.err.startswith(f"svcdns: {bad}:1: Service default/a: spec.ports[0].name: ")


def test_manifests_that_are_not_there(run: Run) -> None:
    result = run("services", "--manifests", "/none.yaml")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("svcdns: /none.yaml: no such file or folder")
