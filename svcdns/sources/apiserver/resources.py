"""Where the API server has each kind of object."""

from msgspec import Struct

from svcdns.kube.objects import Kind


class Resource(Struct, frozen=True):
    """The path of a kind's list."""

    kind: Kind
    path: str
    older: str | None = None
    """The same in an older version of the API; then it is one that a server may lack (`optional`)."""


RESOURCES: dict[Kind, Resource] = {
    "Service": Resource("Service", "/api/v1/services"),
    "EndpointSlice": Resource("EndpointSlice", "/apis/discovery.k8s.io/v1/endpointslices"),
    "Namespace": Resource("Namespace", "/api/v1/namespaces"),
    "Pod": Resource("Pod", "/api/v1/pods"),
    "ServiceCIDR": Resource(
        "ServiceCIDR",
        "/apis/networking.k8s.io/v1/servicecidrs",  # since 1.33
        older="/apis/networking.k8s.io/v1beta1/servicecidrs",
    ),
}
