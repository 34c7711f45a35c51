"""The control plane as a whole: which objects there are, and that files' order means nothing."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from svcdns.kube.manifests import control_plane, manifest_decoder
from svcdns.kube.manifests.control_plane import DeclaredObject, SourceLocation
from svcdns.kube.manifests.manifest_objects import ManifestService
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.kube.objects import OBJECT_TYPES
from tests.kube.manifests import built_clusters

OBJECTS = """
{apiVersion: v1, kind: Namespace, metadata: {name: shop, namespace: ignored}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}}
---
{apiVersion: networking.k8s.io/v1beta1, kind: ServiceCIDR, metadata: {name: x}, spec: {cidrs: [10.0.0.0/24]}}
"""


def test_objects_by_kind_and_key() -> None:
    built = built_clusters.cluster(OBJECTS)

    assert built.errors == ()
    assert {kind: list(objects) for kind, objects in built.objects.items()} == {
        "Namespace": [("", "shop")],
        "Service": [("default", "web")],
        "EndpointSlice": [],
        "Pod": [("shop", "web")],
        "ServiceCIDR": [("", "x")],
    }


def test_the_first_of_two_with_one_name_wins() -> None:
    text = (
        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: %s, ports: [{port: 80}]}}"
    )
    built = built_clusters.cluster(f"{text % '10.96.0.1'}\n---\n{text % '10.96.0.2'}")

    assert built_clusters.service(built, "web").cluster_addresses == ("10.96.0.1",)

    (fault,) = built.errors

    assert (fault.location.document, fault.conflicting_location and fault.conflicting_location.document) == (
        1,
        0,
    )


def test_a_refused_service_has_no_slices() -> None:
    text = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 192.0.2.1, selector: {a: b}, ports: [{port: 80}]}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {a: b}}, status: {podIP: 10.0.0.1}}
"""
    built = built_clusters.cluster(text)

    assert len(built.errors) == 1
    assert not built.objects["Service"]
    assert not built.objects["EndpointSlice"]


NAMES = st.sampled_from(["a", "b", "web", "kube-dns", "-", "A", "", 7, None])
TEXT = st.sampled_from(
    ["a", "b", "None", "10.96.0.1", "fd00:10:96::1", "IPv4", "IPv6", "", "é", "1.2.3", "TCP", "NodePort"]
)
PORT = st.fixed_dictionaries(
    {"port": st.sampled_from([80, 53, 0, -1, 70000, 2**70, "80", None])},
    optional={
        "name": NAMES,
        "protocol": st.sampled_from(["TCP", "UDP", "tcp", 6]),
        "targetPort": st.sampled_from([8080, "web", "80", 0, True]),
        "nodePort": st.sampled_from([30000, 30001, 80]),
    },
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXT | st.sampled_from(["ip", "ports"]), inner, max_size=3)
    ),
    max_leaves=8,
)
META = st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "namespace": NAMES,
        "labels": st.dictionaries(TEXT, TEXT, max_size=2) | ANYTHING,
        "annotations": ANYTHING,
        "deletionTimestamp": ANYTHING,
    },
)
SERVICE = st.fixed_dictionaries(
    {"apiVersion": st.just("v1"), "kind": st.just("Service"), "metadata": META},
    optional={
        "spec": st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "X"]),
                "clusterIP": TEXT,
                "clusterIPs": st.lists(TEXT, max_size=3),
                "ipFamilies": st.lists(TEXT, max_size=3),
                "ipFamilyPolicy": st.sampled_from(
                    ["SingleStack", "PreferDualStack", "RequireDualStack", "X"]
                ),
                "selector": st.dictionaries(TEXT, TEXT, max_size=2),
                "ports": st.lists(PORT, max_size=3) | ANYTHING,
                "externalName": TEXT,
                "externalTrafficPolicy": st.sampled_from(["Local", "Cluster"]),
            },
        ),
        "status": ANYTHING,
    },
)
OTHER = st.fixed_dictionaries(
    {
        "apiVersion": st.sampled_from(["v1", "discovery.k8s.io/v1", "apps/v1"]),
        "kind": st.sampled_from(["Pod", "Endpoints", "EndpointSlice", "Namespace", "List", "ServiceList"]),
    },
    optional={
        "metadata": META | ANYTHING,
        "spec": ANYTHING,
        "status": st.fixed_dictionaries({"podIPs": st.lists(st.fixed_dictionaries({"ip": TEXT}), max_size=2)})
        | ANYTHING,
        "subsets": ANYTHING,
        "addressType": TEXT,
        "endpoints": st.lists(st.fixed_dictionaries({"addresses": st.lists(TEXT, max_size=2)}), max_size=2)
        | ANYTHING,
        "ports": st.lists(PORT, max_size=2),
        "items": st.lists(SERVICE, max_size=3) | ANYTHING,
    },
)


def readings(documents: list[Any]) -> list[DeclaredObject]:
    return [
        DeclaredObject(decoded.identity, decoded.object, SourceLocation("x", number, path))
        for number, document in enumerate(documents)
        for path, value in manifest_decoder.expand_lists(document)
        if (decoded := manifest_decoder.decode_document(value)) and decoded.object
    ]


@settings(deadline=None, max_examples=300)
@given(st.lists(SERVICE | OTHER | ANYTHING, max_size=6), st.data())
def test_whatever_is_declared_nothing_is_raised_and_the_order_means_nothing(
    documents: list[Any], data: st.DataObject
) -> None:
    """No exception leaves decode or build, whatever the documents are."""
    declared = readings(documents)
    built = control_plane.build_cluster(declared, ServiceRanges())

    assert built.objects.keys() == OBJECT_TYPES.keys()

    names = [declaration.identity for declaration in declared]
    if len(set(names)) == len(names):  # of two with one name the first wins
        shuffled = data.draw(st.permutations(declared))
        again = control_plane.build_cluster(shuffled, ServiceRanges())

        assert again.objects == built.objects
        assert sorted(built_clusters.faults(again)) == sorted(built_clusters.faults(built))


@settings(deadline=None, max_examples=200)
@given(SERVICE)
def test_a_service_that_was_accepted_is_accepted_again_as_it_is_now(document: Any) -> None:
    built = control_plane.build_cluster(readings([document]), ServiceRanges())
    for key, service in built.objects["Service"].items():
        assert isinstance(service, ManifestService)

        identity = manifest_decoder.ObjectIdentity("Service", *key)
        declared = [DeclaredObject(identity, service, SourceLocation("x", 0, ()))]

        assert control_plane.build_cluster(declared, ServiceRanges()).objects["Service"] == {key: service}
