"""Where the API server has each kind of object."""

from msgspec import Struct

from svcdns.kube.objects import Kind


class ApiResource(Struct, frozen=True):
    """A kind and the path of its list."""

    kind: Kind
    path: str
    older_path: str | None = None
    """The path in an older version of the API, for a kind that a server may lack (`optional_resource`)."""


API_RESOURCES: dict[Kind, ApiResource] = {
    "Service": ApiResource("Service", "/api/v1/services"),
    "EndpointSlice": ApiResource("EndpointSlice", "/apis/discovery.k8s.io/v1/endpointslices"),
    "Namespace": ApiResource("Namespace", "/api/v1/namespaces"),
    "Pod": ApiResource("Pod", "/api/v1/pods"),
    "ServiceCIDR": ApiResource(
        "ServiceCIDR",
        "/apis/networking.k8s.io/v1/servicecidrs",  # since 1.33
        older_path="/apis/networking.k8s.io/v1beta1/servicecidrs",
    ),
}
