"""Objects as small as the answers need them: they say the same, and share what is equal."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.kube.objects import (
    Namespace,
    NamespaceMeta,
    ObjectMeta,
    Pod,
    PodIP,
    PodStatus,
    Service,
    ServicePort,
    ServiceSpec,
)
from svcdns.sources.apiserver.strip_objects import ObjectStripper


def service(name: str) -> Service:
    return Service(
        ObjectMeta(name, "".join(("def", "ault")), resource_version="1", uid=f"uid-{name}"),
        ServiceSpec(
            cluster_ip="10.96.0.1", cluster_ips=("10.96.0.1",), ports=(ServicePort(port=80, name="http"),)
        ),
    )


def test_equal_values_are_shared() -> None:
    strip = ObjectStripper("Service")
    first, second = strip(service("a")), strip(service("b"))
    assert isinstance(first, Service) and isinstance(second, Service)
    assert first.metadata.namespace is second.metadata.namespace
    assert first.spec.ports is second.spec.ports
    assert first.spec == service("a").spec
    assert first.metadata.uid != "uid-a", "nobody asks for it"


@given(st.booleans())
def test_a_pod_keeps_its_addresses_once(has_pod_ips: bool) -> None:
    pod_ips = (PodIP("10.0.0.1"),) if has_pod_ips else None
    pod = Pod(ObjectMeta("p", "n", labels={"a": "b"}), PodStatus("Running", "10.0.0.1", pod_ips))
    stripped = ObjectStripper("Pod")(pod)
    assert isinstance(stripped, Pod)
    assert stripped.metadata.labels is None
    assert (stripped.status.pod_ip, stripped.status.pod_ips) == (
        (None, pod_ips) if has_pod_ips else ("10.0.0.1", None)
    )


def test_a_namespace_stays_whole() -> None:
    namespace = Namespace(NamespaceMeta("n", uid="u-1"))
    assert ObjectStripper("Namespace")(namespace) is namespace
