"""What the objects say: addresses of Services, endpoints that count, Pods that live."""

from dataclasses import dataclass

from tests.oracle.cluster import Cluster, Object, Options
from tests.oracle.records import Address, stored_address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a ready endpoint: the label that names it, and its slice's ports."""

    host: str
    address: Address
    ports: tuple[Object, ...]


def cluster_ips(service: Object) -> list[Address]:
    """spec.clusterIPs, in older objects spec.clusterIP; none of headless and ExternalName Services."""
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        return []

    texts = spec.get("clusterIPs") or [spec.get("clusterIP") or ""]

    return [address for text in texts if (address := stored_address(text))]


def is_headless(service: Object) -> bool:
    """`clusterIP: None`."""
    spec = service["spec"]
    return spec.get("type") != "ExternalName" and "None" in (
        spec.get("clusterIP"),
        *(spec.get("clusterIPs") or ()),
    )


def host_label(endpoint: Object, address: Address, options: Options) -> str:
    """2.1, hostname: the endpoint's `hostname`, or an identifier; here its address with dashes."""
    if endpoint.get("hostname"):
        return str(endpoint["hostname"])

    pod_name = (endpoint.get("targetRef") or {}).get("name") or ""
    if options.endpoint_pod_names and pod_name and "." not in pod_name and len(pod_name) <= 63:
        return str(pod_name)

    dashed = str(address).replace(".", "-").replace(":", "-")

    return dashed + "0" if dashed.endswith("-") else dashed


def ready_endpoints(cluster: Cluster, service: Object) -> list[Endpoint]:
    """The endpoints that count: ready is true or unset, in a slice of addresses."""
    ready: list[Endpoint] = []
    if cluster.options.no_endpoints or service["spec"].get("type") == "ExternalName":
        return ready

    for slice_ in cluster.slices(service):
        if slice_["addressType"] not in ("IPv4", "IPv6"):
            continue

        ports = tuple(port for port in slice_.get("ports") or () if 0 < (port.get("port") or 0) <= 65535)
        for endpoint in slice_.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready") is False:
                continue

            addresses = [a for text in endpoint.get("addresses") or () if (a := stored_address(text))]
            ready += [Endpoint(host_label(endpoint, a, cluster.options), a, ports) for a in addresses]

    return ready


def has_pod(cluster: Cluster, namespace: str, address: Address) -> bool:
    """Whether a live Pod of the namespace has the address."""
    for pod in cluster.pods(namespace):
        status = pod.get("status") or {}
        addresses = [entry.get("ip") or "" for entry in status.get("podIPs") or ()] or [
            status.get("podIP") or ""
        ]
        live = status.get("phase") not in ("Succeeded", "Failed", "Unknown")
        if (
            live
            and not pod["metadata"].get("deletionTimestamp")
            and address in map(stored_address, addresses)
        ):
            return True
    return False
