"""The description of a Service: each golden text is what kubectl 1.32 printed for the same object."""

from collections.abc import Sequence

from svcdns.cli import service_description, service_view
from svcdns.cli.inventory import Document
from svcdns.kube import objects
from svcdns.kube.objects import EndpointSlice

FULL: Document = {
    "metadata": {
        "name": "full",
        "namespace": "x",
        "labels": {"b": "2", "a": "1", "empty": ""},
        "annotations": {
            "z": "1",
            "note": "multi\nline text",
            "long": "0123456789" * 19,
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
        },
    },
    "spec": {
        "type": "LoadBalancer",
        "clusterIP": "10.96.0.5",
        "clusterIPs": ["10.96.0.5", "fd00::5"],
        "ipFamilies": ["IPv4", "IPv6"],
        "ipFamilyPolicy": "PreferDualStack",
        "externalIPs": ["1.2.3.4", "5.6.7.8"],
        "loadBalancerIP": "9.9.9.9",
        "selector": {"app": "web", "tier": "x"},
        "sessionAffinity": "ClientIP",
        "externalTrafficPolicy": "Local",
        "internalTrafficPolicy": "Cluster",
        "healthCheckNodePort": 31000,
        "loadBalancerSourceRanges": ["10.0.0.0/8", "1.0.0.0/8"],
        "ports": [
            {"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080, "protocol": "TCP"},
            {"name": "dns", "port": 53, "targetPort": 53, "protocol": "UDP"},
        ],
    },
    "status": {
        "loadBalancer": {
            "ingress": [
                {"ip": "1.1.1.1", "ipMode": "VIP"},
                {"hostname": "lb.example.com"},
                {"ip": "2.2.2.2"},
                {"ip": "3.3.3.3", "ipMode": "Proxy"},
            ]
        }
    },
}

SLICES: list[Document] = [
    {
        "metadata": {"name": "full-a"},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080}, {"name": "dns", "port": 53, "protocol": "UDP"}],
        "endpoints": [
            {"addresses": ["10.0.0.1", "10.0.0.11"]},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": False}},
            {"addresses": ["10.0.0.3"], "conditions": {"ready": True}},
            {"addresses": ["10.0.0.4"]},
            {"addresses": ["10.0.0.5"]},
        ],
    },
    {
        "metadata": {"name": "full-b"},
        "addressType": "IPv6",
        "ports": [{"name": "http", "port": 8080}],
        "endpoints": [{"addresses": ["fd00::1"]}],
    },
]

FULL_TEXT = """\
Name:                        full
Namespace:                   x
Labels:                      a=1
                             b=2
                             empty=
Annotations:                 long:
                               012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567...
                             note:
                               multi
                               line text
                             z: 1
Selector:                    app=web,tier=x
Type:                        LoadBalancer
IP Family Policy:            PreferDualStack
IP Families:                 IPv4,IPv6
IP:                          10.96.0.5
IPs:                         10.96.0.5,fd00::5
External IPs:                1.2.3.4,5.6.7.8
Desired LoadBalancer IP:     9.9.9.9
LoadBalancer Ingress:        1.1.1.1 (VIP), lb.example.com, 2.2.2.2, 3.3.3.3 (Proxy)
Port:                        http  80/TCP
TargetPort:                  web/TCP
NodePort:                    http  30080/TCP
Endpoints:                   10.0.0.1:8080,10.0.0.3:8080,10.0.0.4:8080 + 2 more...
Port:                        dns  53/UDP
TargetPort:                  53/UDP
Endpoints:                   10.0.0.1:53,10.0.0.3:53,10.0.0.4:53 + 1 more...
Session Affinity:            ClientIP
External Traffic Policy:     Local
Internal Traffic Policy:     Cluster
HealthCheck NodePort:        31000
LoadBalancer Source Ranges:  10.0.0.0/8,1.0.0.0/8
"""

EXTERNAL: Document = {
    "metadata": {"name": "ext", "namespace": "x"},
    "spec": {
        "type": "ExternalName",
        "externalName": "db.example.com",
        "sessionAffinity": "None",
        "ports": [{"port": 80}],
    },
}

EXTERNAL_TEXT = """\
Name:              ext
Namespace:         x
Labels:            <none>
Annotations:       <none>
Selector:          <none>
Type:              ExternalName
IP Families:       <none>
IP:                
IPs:               <none>
External Name:     db.example.com
Port:              <unset>  80/TCP
TargetPort:        80/TCP
Endpoints:         <none>
Session Affinity:  None
"""  # noqa: W291

HEADLESS: Document = {
    "metadata": {"name": "hl", "namespace": "x"},
    "spec": {
        "type": "ClusterIP",
        "clusterIP": "None",
        "clusterIPs": ["None"],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Local",
    },
}

HEADLESS_TEXT = """\
Name:                     hl
Namespace:                x
Labels:                   <none>
Annotations:              <none>
Selector:                 <none>
Type:                     ClusterIP
IP Family Policy:         SingleStack
IP Families:              IPv4
IP:                       None
IPs:                      None
Session Affinity:         None
Internal Traffic Policy:  Local
"""


def to_slice(document: Document) -> EndpointSlice:
    """The slice as svcdns reads it."""
    endpoint_slice = objects.convert_object("EndpointSlice", document)
    assert isinstance(endpoint_slice, EndpointSlice)
    return endpoint_slice


def described(document: Document, slices: Sequence[Document] = ()) -> str:
    """The part that kubectl prints too."""
    view = service_view.to_service_view(document)
    text = service_description.render_description(view, list(map(to_slice, slices)), [])
    return text[: text.index("DNS Names:")]


def test_a_load_balancer_with_everything() -> None:
    assert described(FULL, SLICES) == FULL_TEXT


def test_an_external_name() -> None:
    assert described(EXTERNAL) == EXTERNAL_TEXT


def test_a_headless_service_without_ports() -> None:
    assert described(HEADLESS) == HEADLESS_TEXT


def test_endpoints_that_are_not_ready_are_none_of_the_ready() -> None:
    waiting = [{**SLICES[0], "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": False}}]}]
    assert service_description.endpoints_text(list(map(to_slice, waiting)), "http") == ""
    assert service_description.endpoints_text([], "http") == "<none>"


def test_an_ipv6_endpoint_stands_in_brackets() -> None:
    assert service_description.endpoints_text([to_slice(SLICES[1])], "http") == "[fd00::1]:8080"


def test_the_dns_names_stand_at_the_end() -> None:
    names = [("hl.x.svc.cluster.local", "A SRV"), ("_http._tcp.hl.x.svc.cluster.local", "SRV")]
    text = service_description.render_description(service_view.to_service_view(HEADLESS), [], names)
    assert text.endswith(
        "DNS Names:                hl.x.svc.cluster.local             A SRV\n"
        "                          _http._tcp.hl.x.svc.cluster.local  SRV\n"
    )
