"""The defaults of the API server."""

import pytest

from svcdns.kube.manifests import defaults
from svcdns.kube.manifests.manifest_objects import (
    ManifestMeta,
    ManifestService,
    ManifestServicePort,
    ManifestServiceSpec,
)
from svcdns.kube.objects import Namespace, NamespaceMeta


def filled(spec: ManifestServiceSpec) -> ManifestService:
    service = defaults.fill_defaults(ManifestService(ManifestMeta("web"), spec))

    assert isinstance(service, ManifestService)

    return service


def test_a_service_that_says_nothing() -> None:
    service = filled(ManifestServiceSpec(ports=(ManifestServicePort(80),)))

    assert service.metadata.namespace == "default"

    spec = service.spec

    assert (spec.type, spec.session_affinity, spec.internal_traffic_policy) == (
        "ClusterIP",
        "None",
        "Cluster",
    )
    assert (spec.external_traffic_policy, spec.allocate_load_balancer_node_ports) == (None, None)
    assert spec.ports == (ManifestServicePort(80, protocol="TCP", target_port=80),)


@pytest.mark.parametrize(
    "spec", [ManifestServiceSpec(cluster_ip="10.96.0.1"), ManifestServiceSpec(cluster_ips=("10.96.0.1",))]
)
def test_one_address_in_either_field_is_in_both(spec: ManifestServiceSpec) -> None:
    spec = filled(spec).spec
    assert (spec.cluster_ip, spec.cluster_ips) == ("10.96.0.1", ("10.96.0.1",))


def test_a_load_balancer() -> None:
    spec = filled(ManifestServiceSpec(type="LoadBalancer")).spec

    assert (spec.allocate_load_balancer_node_ports, spec.external_traffic_policy) == (True, "Cluster")

    declined = ManifestServiceSpec(type="LoadBalancer", allocate_load_balancer_node_ports=False)

    assert filled(declined).spec.allocate_load_balancer_node_ports is False


def test_an_external_name_has_no_traffic_policy() -> None:
    assert filled(ManifestServiceSpec(type="ExternalName")).spec.internal_traffic_policy is None


def test_a_namespace_is_in_no_namespace() -> None:
    namespace = defaults.fill_defaults(Namespace(NamespaceMeta("shop", "ignored")))
    assert namespace.metadata.namespace is None


@pytest.mark.parametrize(
    ("spec", "is_reachable"),
    [
        (ManifestServiceSpec(), False),
        (ManifestServiceSpec(external_ips=("192.0.2.1",)), True),
        (ManifestServiceSpec(type="NodePort"), True),
        (ManifestServiceSpec(type="ExternalName", external_ips=("192.0.2.1",)), False),
    ],
)
def test_what_is_reachable_from_outside(spec: ManifestServiceSpec, is_reachable: bool) -> None:
    assert defaults.is_externally_reachable(spec) is is_reachable
