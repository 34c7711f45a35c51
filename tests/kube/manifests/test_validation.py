"""The rules of the API server, each as one wrong manifest and what is said about it."""

import pytest

from tests.kube.manifests import built_clusters

POD = "{apiVersion: v1, kind: Pod, metadata: {name: p}, %s}"
CIDR = "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: a}, spec: {cidrs: %s}}"


@pytest.mark.parametrize(
    ("manifest", "error"),
    [
        (
            "{apiVersion: v1, kind: Service, metadata: {}, spec: {clusterIP: None}}",
            "metadata.name: Required value",
        ),
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
        (CIDR % "[]", "spec.cidrs: Required value: at least one CIDR"),
        (CIDR % "[10.0.0.1/8]", 'spec.cidrs[0]: Invalid value: "10.0.0.1/8": must be a CIDR'),
        (CIDR % "[10.0.0.0]", 'spec.cidrs[0]: Invalid value: "10.0.0.0": must be a CIDR'),
        (CIDR % "[10.0.0.0/8, 11.0.0.0/8]", "spec.cidrs[1]: Invalid value"),
        (CIDR % "['fd00::/64', 10.0.0.0/8, x]", "spec.cidrs[2]: Invalid value"),
    ],
)
def test_other_kinds(manifest: str, error: str) -> None:
    errors = built_clusters.errors(manifest)
    assert errors and error in errors[0], errors
