"""The description of a Service: each golden text is what kubectl 1.32 printed for the same object."""

from svcdns.cli import service_description, service_view
from svcdns.kube import objects

FULL = {
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

SLICES = [
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

EXTERNAL = {
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

HEADLESS = {
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


def described(document: dict[str, object], slices: list[dict[str, object]] = []) -> str:  # noqa: B006
    """The part that kubectl prints too."""
    found = [objects.convert_object("EndpointSlice", one) for one in slices]
    text = service_description.render_description(service_view.to_service_view(document), found, [])
    return text[: text.index("DNS Names:")]


def test_a_load_balancer_with_everything():
    assert described(FULL, SLICES) == FULL_TEXT


def test_an_external_name():
    assert described(EXTERNAL) == EXTERNAL_TEXT


def test_a_headless_service_without_ports():
    assert described(HEADLESS) == HEADLESS_TEXT


def test_endpoints_that_are_not_ready_are_none_of_the_ready():
    waiting = [{**SLICES[0], "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": False}}]}]
    found = [objects.convert_object("EndpointSlice", one) for one in waiting]
    assert service_description.endpoints_text(found, "http") == ""
    assert service_description.endpoints_text([], "http") == "<none>"


def test_an_ipv6_endpoint_stands_in_brackets():
    found = [objects.convert_object("EndpointSlice", SLICES[1])]
    assert service_description.endpoints_text(found, "http") == "[fd00::1]:8080"


def test_the_dns_names_stand_at_the_end():
    names = [("hl.x.svc.cluster.local", "A SRV"), ("_http._tcp.hl.x.svc.cluster.local", "SRV")]
    text = service_description.render_description(service_view.to_service_view(HEADLESS), [], names)
    assert text.endswith(
        "DNS Names:                hl.x.svc.cluster.local             A SRV\n"
        "                          _http._tcp.hl.x.svc.cluster.local  SRV\n"
    )
