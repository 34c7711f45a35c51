"""The IP families of a Service, and what a cluster's ranges do not allow."""

from ipaddress import ip_address

import pytest

from tests.kube.manifests import built_clusters
from tests.kube.manifests.built_clusters import BOTH, V4, V6_FIRST, services


@pytest.mark.parametrize(
    ("spec", "cidrs", "policy", "families"),
    [
        ("", BOTH, "SingleStack", "IPv4"),
        ("", V6_FIRST, "SingleStack", "IPv6"),
        ("ipFamilies: [IPv6]", BOTH, "SingleStack", "IPv6"),
        ("clusterIP: 'fd00::5'", BOTH, "SingleStack", "IPv6"),
        ("ipFamilyPolicy: PreferDualStack", BOTH, "PreferDualStack", "IPv4 IPv6"),
        ("ipFamilyPolicy: PreferDualStack", V6_FIRST, "PreferDualStack", "IPv6 IPv4"),
        ("ipFamilyPolicy: PreferDualStack", V4, "PreferDualStack", "IPv4"),
        ("ipFamilyPolicy: RequireDualStack, clusterIP: 'fd00::5'", BOTH, "RequireDualStack", "IPv6 IPv4"),
        ("ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6]", BOTH, "RequireDualStack", "IPv6 IPv4"),
        (
            "ipFamilyPolicy: PreferDualStack, clusterIPs: ['fd00::5', 10.0.0.5]",
            BOTH,
            "PreferDualStack",
            "IPv6 IPv4",
        ),
        ("clusterIP: None", V4, "RequireDualStack", "IPv4 IPv6"),
        ("clusterIP: None, selector: {}", V4, "RequireDualStack", "IPv4 IPv6"),
        ("clusterIP: None, selector: {a: b}", BOTH, "SingleStack", "IPv4"),
        ("clusterIP: None, ipFamilyPolicy: SingleStack, ipFamilies: [IPv6]", V4, "SingleStack", "IPv6"),
    ],
)
def test_families(spec: str, cidrs: str, policy: str, families: str) -> None:
    built = built_clusters.cluster(services(spec), *cidrs.split())

    assert built_clusters.faults(built) == []

    service = built_clusters.service(built, "a")

    assert (service.spec.ip_family_policy, " ".join(service.spec.ip_families or ())) == (policy, families)

    if not service.is_headless:
        assert [f"IPv{ip_address(ip).version}" for ip in service.cluster_addresses] == families.split()
        assert service.spec.cluster_ip == service.cluster_addresses[0]
