"""The rules for Services, each as one wrong manifest and its error."""

import pytest

from tests.kube.manifests import built_clusters
from tests.kube.manifests.built_clusters import SERVICE


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("{}", "spec.ports: Required value"),
        (
            "{type: Foo, ports: [{port: 1}]}",
            'spec.type: Unsupported value: "Foo": supported values: "ClusterIP", ',
        ),
        (
            "{ports: [{port: 0}]}",
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            "{ports: [{port: 70000}]}",
            "spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        ("{ports: [{}]}", "spec.ports[0].port: Required value"),
        ("{ports: [{port: x}]}", 'spec.ports[0].port: Invalid value: "x": expected integer, got string'),
        ("{ports: 80}", "spec.ports: Invalid value: 80: expected list, got integer"),
        ("{ports: {a: 1}}", "spec.ports: Invalid value: expected list, got mapping"),
        (
            "{ports: [{port: 1, name: a}, {port: 2}]}",
            "spec.ports[1].name: Required value: several ports need a name each",
        ),
        ("{ports: [{port: 1, name: a}, {port: 2, name: a}]}", 'spec.ports[1].name: Duplicate value: "a"'),
        ("{ports: [{port: 1, name: A}]}", 'spec.ports[0].name: Invalid value: "A": must be a DNS label'),
        (
            "{ports: [{port: 1, name: a}, {port: 1, name: b}]}",
            'spec.ports[1]: Duplicate value: {"port": 1, "protocol": "TCP"}',
        ),
        ("{ports: [{port: 1, protocol: tcp}]}", 'spec.ports[0].protocol: Unsupported value: "tcp"'),
        (
            "{ports: [{port: 1, targetPort: 70000}]}",
            "spec.ports[0].targetPort: Invalid value: 70000: must be between",
        ),
        (
            "{ports: [{port: 1, targetPort: '80'}]}",
            'targetPort: Invalid value: "80": must contain at least one letter',
        ),
        ("{ports: [{port: 1, targetPort: a-rather-long-name}]}", "must be no more than 15 characters"),
        (
            "{ports: [{port: 1, nodePort: 30000}]}",
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is",
        ),
        (
            "{type: NodePort, ports: [{port: 1, name: a, nodePort: 30}, {port: 2, name: b, nodePort: 30}]}",
            "spec.ports[1].nodePort: Duplicate value: 30",
        ),
        (
            "{selector: {app: -x}, ports: [{port: 1}]}",
            'spec.selector[app]: Invalid value: "-x": must be up to 63',
        ),
        ("{selector: {a/b/c: x}, ports: [{port: 1}]}", "spec.selector[a/b/c]: Invalid value"),
        (
            "{clusterIP: 10.96.0.300, ports: [{port: 1}]}",
            'spec.clusterIP: Invalid value: "10.96.0.300": must be a valid',
        ),
        (
            "{clusterIP: 10.96.0.3, clusterIPs: [10.96.0.4], ports: [{port: 1}]}",
            'spec.clusterIPs: Invalid value: ["10.96.0.4"]: first value must match `clusterIP`',
        ),
        (
            "{clusterIPs: [10.96.0.3, 10.96.0.4], ports: [{port: 1}]}",
            "no more than one IP for each IP family",
        ),
        ("{clusterIPs: [None, 10.96.0.4], ports: [{port: 1}]}", "'None' must be the first and only value"),
        (
            "{clusterIPs: [10.96.0.3, 'fd00:10:96::1', 10.96.0.4], ports: [{port: 1}]}",
            "may only hold up to 2 values",
        ),
        (
            "{clusterIP: 10.96.0.3, ipFamilies: [IPv6], ports: [{port: 1}]}",
            '"10.96.0.3": expected an IPv6 value as indicated by `ipFamilies[0]`',
        ),
        ("{ipFamilies: [IPv5], ports: [{port: 1}]}", 'spec.ipFamilies[0]: Unsupported value: "IPv5"'),
        ("{ipFamilies: [IPv4, IPv4], ports: [{port: 1}]}", 'spec.ipFamilies[1]: Duplicate value: "IPv4"'),
        ("{ipFamilyPolicy: Dual, ports: [{port: 1}]}", 'spec.ipFamilyPolicy: Unsupported value: "Dual"'),
        (
            "{type: NodePort, clusterIP: None, ports: [{port: 1}]}",
            "may not be set to 'None' for NodePort services",
        ),
        (
            "{externalIPs: [127.0.0.1], ports: [{port: 1}]}",
            'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be',
        ),
        ("{type: ExternalName}", "spec.externalName: Required value"),
        (
            "{type: ExternalName, externalName: a_b}",
            'spec.externalName: Invalid value: "a_b": must be a DNS name',
        ),
        ("{type: ExternalName, externalName: 'fd00::1'}", 'spec.externalName: Invalid value: "fd00::1"'),
        (
            "{type: ExternalName, externalName: a, clusterIP: None}",
            "spec.clusterIP: Forbidden: may not be set for",
        ),
        (
            "{sessionAffinity: Yes, ports: [{port: 1}]}",
            "spec.sessionAffinity: Invalid value: true: expected string",
        ),
        ("{sessionAffinity: Pod, ports: [{port: 1}]}", 'spec.sessionAffinity: Unsupported value: "Pod"'),
        (
            "{internalTrafficPolicy: Node, ports: [{port: 1}]}",
            'spec.internalTrafficPolicy: Unsupported value: "Node"',
        ),
        (
            "{externalTrafficPolicy: Local, ports: [{port: 1}]}",
            "may only be set for externally-accessible services",
        ),
        (
            "{type: NodePort, externalTrafficPolicy: Node, ports: [{port: 1}]}",
            "externalTrafficPolicy: Unsupported value",
        ),
        (
            "{allocateLoadBalancerNodePorts: true, ports: [{port: 1}]}",
            "may only be used when `type` is 'LoadBalancer'",
        ),
        (
            "{healthCheckNodePort: 30000, ports: [{port: 1}]}",
            "spec.healthCheckNodePort: Invalid value: 30000: may only",
        ),
    ],
)
def test_service(spec: str, error: str) -> None:
    errors = built_clusters.errors(SERVICE % spec)
    assert [error in text for text in errors] == [True], errors


@pytest.mark.parametrize(
    "spec",
    [
        "{ports: [{port: 53, name: a, protocol: UDP}, {port: 53, name: b}]}",
        "{clusterIP: None}",
        "{clusterIP: '', ports: [{port: 80, targetPort: 0}], selector: null}",
        "{type: ExternalName, externalName: www.example.com.}",
        "{type: ExternalName, externalName: 192.0.2.1}",
        "{externalIPs: [192.0.2.1], externalTrafficPolicy: Local, ports: [{port: 1}]}",
        "{clusterIP: 010.096.009.002, externalIPs: [192.000.002.001], ports: [{port: 1}]}",
        "{type: NodePort, ports: [{port: 1, name: a, nodePort: 3},"
        " {port: 1, name: b, nodePort: 3, protocol: UDP}]}",
    ],
)
def test_good_service(spec: str) -> None:
    assert built_clusters.errors(SERVICE % spec) == []


def test_every_broken_rule_is_named() -> None:
    text = SERVICE % "{ports: [{port: 0}, {port: 70000, name: _}], selector: {app: '-'}}"
    assert [error.split(":")[0] for error in built_clusters.errors(text)] == [
        "spec.selector[app]",
        "spec.ports[0].name",
        "spec.ports[0].port",
        "spec.ports[1].name",
        "spec.ports[1].port",
    ]
