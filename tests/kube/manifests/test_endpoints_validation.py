"""The rules for EndpointSlices and Endpoints, each as one wrong manifest and its error."""

import pytest

from tests.kube.manifests import built_clusters

SLICE = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s}, %s}"
ENDPOINTS = "{apiVersion: v1, kind: Endpoints, metadata: {name: web}, subsets: %s}"


@pytest.mark.parametrize(
    ("manifest", "error"),
    [
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
    ],
)
def test_a_broken_rule(manifest: str, error: str) -> None:
    errors = built_clusters.errors(manifest)
    assert errors and error in errors[0], errors


@pytest.mark.parametrize(
    "manifest",
    [
        SLICE % "addressType: FQDN, endpoints: [{addresses: [db.example.com]}], ports: [{port: 1}]",
        SLICE % "addressType: IPv6, endpoints: [{addresses: ['fd00::1'], hostname: a}], ports: []",
        SLICE % "addressType: IPv4, ports: [{port: 1, name: a}, {name: b}]",
        ENDPOINTS % "[{notReadyAddresses: [{ip: 10.0.0.1}], ports: [{port: 1}]}]",
    ],
)
def test_good_ones(manifest: str) -> None:
    assert built_clusters.errors(manifest) == []
