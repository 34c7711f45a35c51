"""Strategies for API objects, valid as the API server would have them, from small pools."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Object = dict[str, Any]
Key = tuple[str, str, str]

NAMESPACES = ("default", "kube-system", "svc", "pod", "com")
SERVICES = ("web", "db", "svc", "kube-dns")
SLICES = ("s0", "s1", "s2", "s3")
PODS = ("web-0", "web-1", "job")
HOSTS = ("web-0", "Web-0", "PET", "10-244-0-2")
"""Host names of endpoints: twice the same but for its case, and one that is another's address."""

ADDRESSES = {
    "IPv4": ("10.244.0.1", "10.244.0.2", "10.244.0.3", "192.168.1.1", "10.96.0.1", "10.96.0.3"),
    "IPv6": ("fd00:244::1", "fd00:0244:0:0::0002", "fd00:244::", "fd00:10:96::1"),
    "FQDN": ("db.example.com", "10-244-0-1.example.org"),
}
"""The third of IPv6 ends in `::`; the last ones are cluster IPs; 192.168.1.1 is a node's."""

EXTERNAL_NAMES = (
    "www.example.com",
    "WWW.Example.ORG.",
    "gone.example.net",
    "web.default.svc.cluster.local",
    "db.svc.svc.cluster.local",
    "web.pod.svc.cluster.local.",
    "svc.cluster.local",
    "10.0.0.1",
)
"""Found, found with a dot, missing, in the cluster (loops are likely), only names below, no name."""

LABELS = ("app", "tier")
LABEL_VALUES = ("web", "db", "")

LONGEST = "p" * 63
"""A valid port name that no SRV name can hold: `_` makes it 64 octets."""


def key_of(obj: Object) -> Key:
    """(kind, namespace, name); the namespace of a Namespace is empty."""
    metadata = obj["metadata"]
    return obj["kind"], metadata.get("namespace", ""), metadata["name"]


def labels() -> SearchStrategy[dict[str, str] | None]:
    """metadata.labels."""
    return st.none() | st.dictionaries(st.sampled_from(LABELS), st.sampled_from(LABEL_VALUES))


def namespaces() -> SearchStrategy[Object]:
    """A Namespace."""
    metadata = st.fixed_dictionaries({"name": st.sampled_from(NAMESPACES), "labels": labels()})
    return st.fixed_dictionaries(
        {"apiVersion": st.just("v1"), "kind": st.just("Namespace"), "metadata": metadata}
    )


@st.composite
def service_ports(draw: DrawFn) -> list[Object]:
    """spec.ports: one that may be unnamed, or several that differ in name and in (number, protocol)."""
    port = st.fixed_dictionaries(
        {
            "name": st.sampled_from(("http", "https", "dns", LONGEST)),
            "protocol": st.sampled_from(("TCP", "UDP", "SCTP")),
            "port": st.sampled_from((53, 80, 443)),
        }
    )
    unique = (lambda p: p["name"], lambda p: (p["port"], p["protocol"]))
    ports: list[Object] = draw(st.lists(port, min_size=1, max_size=4, unique_by=unique))
    if len(ports) == 1 and draw(st.booleans()):
        del ports[0]["name"]

    return ports


def cluster_ips(namespace: str, name: str, again: bool) -> dict[str, str]:
    """A Service's own addresses by family, never another's; others where it was made `again`."""
    number = 2 * (NAMESPACES.index(namespace) * len(SERVICES) + SERVICES.index(name)) + again + 1
    return {"IPv4": f"10.96.0.{number}", "IPv6": f"fd00:10:96::{number:x}"}


@st.composite
def services(draw: DrawFn) -> Object:
    """A Service of any kind."""
    namespace = draw(st.sampled_from(NAMESPACES))
    name = draw(st.sampled_from(SERVICES))
    kind = draw(st.sampled_from(("ClusterIP", "headless", "ExternalName", "NodePort", "LoadBalancer")))
    spec: Object = {"type": "ClusterIP" if kind == "headless" else kind, "ports": draw(service_ports())}
    if kind == "ExternalName":
        spec["externalName"] = draw(st.sampled_from(EXTERNAL_NAMES))
    else:
        families = draw(st.sampled_from((("IPv4",), ("IPv6",), ("IPv4", "IPv6"), ("IPv6", "IPv4"))))
        own = cluster_ips(namespace, name, draw(st.booleans()))
        spec["ipFamilies"] = list(families)
        spec["clusterIPs"] = ["None"] if kind == "headless" else [own[family] for family in families]
        spec["clusterIP"] = spec["clusterIPs"][0]
    if kind == "headless" and draw(st.booleans()):
        del spec["ports"]

    return _namespaced("v1", "Service", namespace, name, draw(labels()), spec=spec)


def endpoints(address_type: str) -> SearchStrategy[Object]:
    """One of a slice's endpoints; its condition unset, true or false."""
    verdict = st.sampled_from((None, True, True, False))
    addresses = st.lists(st.sampled_from(ADDRESSES[address_type]), min_size=1, max_size=2, unique=True)
    optional = {
        "conditions": st.none() | st.fixed_dictionaries({"ready": verdict, "terminating": verdict}),
        "hostname": st.none() | st.sampled_from(HOSTS),
        "targetRef": st.none()
        | st.fixed_dictionaries(
            {"kind": st.just("Pod"), "name": st.sampled_from((*PODS, "two.labels", "n" * 64))}
        ),
    }

    return st.fixed_dictionaries({"addresses": addresses}, optional=optional)


def slice_ports() -> SearchStrategy[list[Object] | None]:
    """ports of a slice: without a name, a number, a protocol; hand-written ones need not be the Service's."""
    port = st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from((None, "", "http", "https", "dns")),
            "protocol": st.sampled_from((None, "TCP", "UDP", "SCTP")),
            "port": st.sampled_from((None, 53, 8080, 8443)),
        },
    )
    return st.none() | st.lists(port, max_size=3, unique_by=lambda p: p.get("name") or "")


@st.composite
def slices(draw: DrawFn) -> Object:
    """An EndpointSlice: of a Service, of one that does not exist, or of none."""
    namespace = draw(st.sampled_from(NAMESPACES))
    name = draw(st.sampled_from(SLICES))
    address_type = draw(st.sampled_from(("IPv4", "IPv4", "IPv6", "FQDN")))
    owner = draw(st.sampled_from((*SERVICES, *SERVICES, "gone", None)))
    own = draw(labels()) or {}

    return _namespaced(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        namespace,
        name,
        own | ({"kubernetes.io/service-name": owner} if owner else {}),
        addressType=address_type,
        endpoints=draw(st.none() | st.lists(endpoints(address_type), max_size=4)),
        ports=draw(slice_ports()),
    )


@st.composite
def pods(draw: DrawFn) -> Object:
    """A Pod: of one family or two, sharing its node's address, without one yet, ended or ending."""
    namespace = draw(st.sampled_from(NAMESPACES))
    name = draw(st.sampled_from(PODS))
    addresses = draw(
        st.sampled_from(
            ((), ("10.244.0.1",), ("10.244.0.2", "fd00:244::1"), ("fd00:244::",), ("192.168.1.1",))
        )
    )
    status: Object = {
        "phase": draw(st.sampled_from(("Pending", "Running", "Running", "Succeeded", "Failed", "Unknown")))
    }
    if addresses:
        status |= {"podIP": addresses[0], "podIPs": [{"ip": address} for address in addresses]}

    pod = _namespaced("v1", "Pod", namespace, name, draw(labels()), status=status)
    pod["spec"] = {"hostNetwork": "192.168.1.1" in addresses, "containers": [{"name": "c", "image": "i"}]}
    if draw(st.integers(0, 4)) == 0:
        pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    return pod


def objects() -> SearchStrategy[Object]:
    """Any object; Services and their slices most often."""
    return st.one_of(services(), slices(), services(), slices(), pods(), namespaces())


def clusters() -> SearchStrategy[list[Object]]:
    """A whole cluster, each object once."""
    return st.lists(objects(), max_size=24, unique_by=key_of)


def _namespaced(
    version: str, kind: str, namespace: str, name: str, own_labels: dict[str, str] | None, **fields: Any
) -> Object:
    metadata = {"name": name, "namespace": namespace, "labels": own_labels}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}
