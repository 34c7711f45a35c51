"""Pods and Endpoints to EndpointSlices, as a cluster's controllers make them."""

import pytest

from svcdns.kube.objects import EndpointSlice
from tests.kube.manifests import built_clusters

WEB = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web, tier: front}, ports: [%s], %s}
---
"""
HTTP = "{name: http, port: 80, targetPort: 8080}"
NAMED = "{name: http, port: 80, targetPort: web}"


def pod(
    name: str, address: str, status: str = "", spec: str = "", meta: str = "", ready: str = "True"
) -> str:
    """A Pod that the Service `web` selects."""
    ips = ", ".join(f"{{ip: '{ip}'}}" for ip in address.split())
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: web, tier: front, other: x}}, {meta}}}
spec: {{{spec}}}
status:
  podIPs: [{ips}]
  conditions: [{{type: Initialized, status: "True"}}, {{type: Ready, status: "{ready}"}}]
  {status}
---
"""


def endpoints(text: str) -> list[str]:
    built = built_clusters.cluster(text)

    assert built_clusters.faults(built) == []

    return built_clusters.endpoints(built, "web")


def test_pods_with_every_label_of_the_selector_in_the_same_namespace() -> None:
    text = WEB % (HTTP, "") + pod("a", "10.1.0.1") + pod("b", "10.1.0.2")
    text += pod("c", "10.1.0.3").replace("tier: front", "tier: back")
    text += pod("d", "10.1.0.4", meta="namespace: elsewhere")
    text += "{apiVersion: v1, kind: Pod, metadata: {name: bare}, status: {podIPs: [{ip: 10.1.0.5}]}}"

    assert endpoints(text) == ["10.1.0.1 ready http:TCP:8080", "10.1.0.2 ready http:TCP:8080"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ready": "False"}, ["10.1.0.1 unready http:TCP:8080"]),
        ({"ready": "Unknown"}, ["10.1.0.1 unready http:TCP:8080"]),
        ({"status": "conditions: []"}, ["10.1.0.1 unready http:TCP:8080"]),
        ({"meta": "deletionTimestamp: 2026-01-01T00:00:00Z"}, ["10.1.0.1 unready http:TCP:8080"]),
        ({"status": "phase: Running"}, ["10.1.0.1 ready http:TCP:8080"]),
        ({"status": "phase: Succeeded"}, []),
        ({"status": "phase: Failed"}, []),
        ({"address": ""}, []),
        ({"address": "", "status": "podIP: 10.1.0.9"}, ["10.1.0.9 ready http:TCP:8080"]),
    ],
)
def test_which_pods_count_and_when_they_are_ready(changes: dict[str, str], expected: list[str]) -> None:
    manifest = pod("a", **({"address": "10.1.0.1"} | changes))
    if "conditions" in changes.get("status", ""):
        manifest = manifest.replace(
            'conditions: [{type: Initialized, status: "True"}, {type: Ready, status: "True"}]', ""
        )

    assert endpoints(WEB % (HTTP, "") + manifest) == expected


def test_hand_written_pod_without_status_gives_no_endpoint() -> None:
    text = (
        WEB % (HTTP, "") + "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: web, tier: front}}}"
    )
    assert endpoints(text) == []


def test_publish_not_ready_addresses() -> None:
    text = WEB % (HTTP, "publishNotReadyAddresses: true") + pod("a", "10.1.0.1", ready="False")
    text += pod("b", "10.1.0.2", meta="deletionTimestamp: 2026-01-01T00:00:00Z")

    assert endpoints(text) == ["10.1.0.1 ready http:TCP:8080", "10.1.0.2 ready http:TCP:8080"]


@pytest.mark.parametrize(
    ("families", "expected"),
    [
        ("", ["10.1.0.1"]),
        ("ipFamilies: [IPv6]", ["fd00::1"]),
        ("ipFamilyPolicy: RequireDualStack", ["10.1.0.1", "fd00::1"]),
    ],
)
def test_only_the_families_of_the_service(families: str, expected: list[str]) -> None:
    lines = endpoints(WEB % (HTTP, families) + pod("a", "10.1.0.1 FD00:0::1"))
    assert [line.split()[0] for line in lines] == expected


def test_hostname_only_with_the_service_as_subdomain() -> None:
    text = WEB % (HTTP, "clusterIP: None") + pod("a", "10.1.0.1", spec="hostname: one, subdomain: web")
    text += pod("b", "10.1.0.2", spec="hostname: two, subdomain: db") + pod(
        "c", "10.1.0.3", spec="subdomain: web"
    )

    assert endpoints(text) == [
        "10.1.0.1 one ready http:TCP:8080",
        "10.1.0.2 ready http:TCP:8080",
        "10.1.0.3 ready http:TCP:8080",
    ]


def containers(*ports: str) -> str:
    return f"containers: [{{name: sidecar}}, {{name: main, ports: [{', '.join(ports)}]}}]"


def test_named_target_port_is_each_pods_own() -> None:
    text = WEB % (NAMED + ", {name: api, port: 90}", "")
    text += pod("a", "10.1.0.1", spec=containers("{name: web, containerPort: 8001}"))
    text += pod("b", "10.1.0.2", spec=containers("{name: web, containerPort: 8002, protocol: TCP}"))
    text += pod("c", "10.1.0.3", spec=containers("{name: web, containerPort: 8003, protocol: UDP}"))
    text += pod("d", "10.1.0.4")

    assert endpoints(text) == [
        "10.1.0.1 ready http:TCP:8001,api:TCP:90",
        "10.1.0.2 ready http:TCP:8002,api:TCP:90",
        "10.1.0.3 ready api:TCP:90",
        "10.1.0.4 ready api:TCP:90",
    ]


@pytest.mark.parametrize(("policy", "expected"), [("Always", "http:TCP:8001"), ("Never", "")])
def test_named_target_port_of_a_sidecar(policy: str, expected: str) -> None:
    spec = f"initContainers: [{{restartPolicy: {policy}, ports: [{{name: web, containerPort: 8001}}]}}]"
    (line,) = endpoints(WEB % (NAMED, "") + pod("a", "10.1.0.1", spec=spec))

    assert line == f"10.1.0.1 ready {expected}".strip()


def test_headless_service_without_ports() -> None:
    assert endpoints(WEB % ("", "clusterIP: None") + pod("a", "10.1.0.1")) == ["10.1.0.1 ready"]


LEGACY = """
apiVersion: v1
kind: Endpoints
metadata: {name: web}
subsets:
- addresses: [{ip: 10.9.0.1, hostname: one}, {ip: "fd00::9"}]
  notReadyAddresses: [{ip: 10.9.0.2}]
  ports: [{name: http, port: 8080}]
- addresses: [{ip: 10.9.0.3}]
  ports: [{name: http, port: 9090}]
---
"""
SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: any, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [10.8.0.1]}]
ports: [{name: http, port: 8080}]
---
"""


def test_endpoints_win_over_pods_and_slices_over_both() -> None:
    text = WEB % (HTTP, "") + pod("a", "10.1.0.1") + LEGACY

    assert endpoints(text) == [
        "10.9.0.1 one ready http:TCP:8080",
        "10.9.0.2 unready http:TCP:8080",
        "10.9.0.3 ready http:TCP:9090",
        "fd00::9 ready http:TCP:8080",
    ]
    assert endpoints(text + SLICE) == ["10.8.0.1 ready http:None:8080"]


@pytest.mark.parametrize("selector", ["", "selector: {}", "selector: null"])
def test_without_a_selector_no_pod_counts(selector: str) -> None:
    spec = f"{{clusterIP: None, {selector}}}"
    text = f"{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {spec}}}\n---\n"

    assert endpoints(text + pod("a", "10.1.0.1")) == []
    assert len(endpoints(text + LEGACY)) == 4


def test_many_endpoints_are_in_slices_of_the_usual_size_that_change_one_by_one() -> None:
    few = WEB % (HTTP, "") + "".join(
        pod(f"p{number}", f"10.1.{number // 250}.{number % 250 + 1}") for number in range(700)
    )
    one_more = few + pod("new", "10.2.0.1")
    before, after = (built_clusters.cluster(text).objects["EndpointSlice"] for text in (few, one_more))

    assert len(before) == 8
    assert all(
        isinstance(endpoint_slice, EndpointSlice) and len(endpoint_slice.endpoints or ()) < 200
        for endpoint_slice in before.values()
    )
    assert before.keys() == after.keys()
    assert sum(before[key] != after[key] for key in before) == 1
