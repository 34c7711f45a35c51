"""The rules of the API server, each as one wrong manifest and what is said about it."""

import pytest

from tests.kube.manifests import built_clusters
from tests.kube.manifests.built_clusters import SERVICE

POD = "{apiVersion: v1, kind: Pod, metadata: {name: p}, %s}"
SLICE = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s}, %s}"
CIDR = "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: a}, spec: {cidrs: %s}}"
ENDPOINTS = "{apiVersion: v1, kind: Endpoints, metadata: {name: web}, subsets: %s}"


@pytest.mark.parametrize(
    ("manifest", "error"),
    [
        (
            "{apiVersion: v1, kind: Service, metadata: {}, spec: {clusterIP: None}}",
            "metadata.name: Required value",
        ),
        ("{apiVersion: v1, kind: Service, spec: {clusterIP: None}}", "metadata: Required value"),
        (
            "{apiVersion: v1, kind: Namespace, metadata: {name: a.b}}",
            'metadata.name: Invalid value: "a.b": must be a DNS',
        ),
        (
            "{apiVersion: v1, kind: Namespace, metadata: {name: %s}}" % ("a" * 64),
            "must be no more than 63 characters",
        ),
        (
            "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: B}}",
            'metadata.namespace: Invalid value: "B"',
        ),
        (
            "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {on: true}}}",
            "metadata.labels[on]: Invalid value: true: ",
        ),
        ("{apiVersion: v1, kind: EndpointSlice, metadata: {name: a}}", 'apiVersion: Unsupported value: "v1"'),
        ("{kind: Service, metadata: {name: a}}", "apiVersion: Required value"),
        ("{name: values, of: a chart}", "kind: Required value"),
        (
            SERVICE % "{clusterIPs: [None], clusterIPs: [None]}",
            "spec.clusterIPs: key 'clusterIPs' already set in map",
        ),
        ("just text", "expected a mapping with apiVersion and kind"),
        ("{apiVersion: v1, kind: List, items: {a: 1}}", "the items of a List are a list"),
        (
            "{apiVersion: v1, kind: Pod, kind: Pod, metadata: {name: a}}",
            "kind: key 'kind' already set in map",
        ),
        (POD % "spec: {hostname: A}", 'spec.hostname: Invalid value: "A"'),
        (
            POD % "spec: {containers: [{ports: [{containerPort: 0}]}]}",
            "spec.containers[0].ports[0].containerPort",
        ),
        (
            POD % "spec: {containers: [{ports: [{containerPort: 1, name: x_}]}]}",
            "spec.containers[0].ports[0].name",
        ),
        (
            POD % "spec: {initContainers: [{ports: [{containerPort: 1, protocol: X}]}]}",
            "ports[0].protocol: Unsupported",
        ),
        (
            POD % "status: {podIPs: [{ip: 1.2.3}]}",
            'status.podIPs[0].ip: Invalid value: "1.2.3": must be a valid IP',
        ),
        (POD % "status: {phase: Runing}", 'status.phase: Unsupported value: "Runing"'),
        (SLICE % "addressType: IP", 'addressType: Unsupported value: "IP"'),
        (SLICE % "addressType: IPv4, endpoints: [{addresses: []}]", "endpoints[0].addresses: Required value"),
        (SLICE % "addressType: IPv4, endpoints: [{addresses: ['fd00::1']}]", "must be a valid IPv4 address"),
        (
            SLICE % "addressType: IPv6, endpoints: [{addresses: ['fe80::1']}]",
            "may not be in the link-local range",
        ),
        (
            SLICE % "addressType: IPv4, endpoints: [{addresses: [10.0.0.1], hostname: a.b}]",
            "endpoints[0].hostname",
        ),
        (SLICE % "addressType: IPv4, ports: [{port: 65536}]", "ports[0].port: Invalid value: 65536"),
        (SLICE % "addressType: IPv4, ports: [{port: 1}, {port: 2}]", 'ports[1].name: Duplicate value: ""'),
        (ENDPOINTS % "[{ports: [{port: 80}]}]", "subsets[0]: Required value: must specify `addresses` or"),
        (
            ENDPOINTS % "[{addresses: [{ip: 0.0.0.0}]}]",
            'subsets[0].addresses[0].ip: Invalid value: "0.0.0.0": may not be',
        ),
        (
            ENDPOINTS % "[{notReadyAddresses: [{ip: 10.0.0.1, hostname: _}]}]",
            "subsets[0].notReadyAddresses[0].hostname",
        ),
        (
            ENDPOINTS % "[{addresses: [{ip: 10.0.0.1}], ports: [{port: 1}, {port: 2}]}]",
            "subsets[0].ports[0].name: Required",
        ),
        (CIDR % "[]", "spec.cidrs: Required value: at least one CIDR"),
        (CIDR % "[10.0.0.1/8]", 'spec.cidrs[0]: Invalid value: "10.0.0.1/8": must be a CIDR'),
        (CIDR % "[10.0.0.0]", 'spec.cidrs[0]: Invalid value: "10.0.0.0": must be a CIDR'),
        (CIDR % "[10.0.0.0/8, 11.0.0.0/8]", "spec.cidrs[1]: Invalid value"),
        (CIDR % "['fd00::/64', 10.0.0.0/8, x]", "spec.cidrs[2]: Invalid value"),
    ],
)
def test_other_kinds(manifest: str, error: str) -> None:
    found = built_clusters.errors(manifest)
    assert found and error in found[0], found
