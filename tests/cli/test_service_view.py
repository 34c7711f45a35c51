"""A Service with the fields that are only shown."""

import pytest

from svcdns.cli import service_view
from svcdns.errors import ObjectError

DOCUMENT = {
    "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"trafficDistribution": "PreferClose", "loadBalancerSourceRanges": ["10.0.0.0/8"]},
    "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}},
}


def test_fields_that_are_only_shown_are_read() -> None:
    view = service_view.to_service_view(DOCUMENT)
    assert view.metadata.creation_timestamp == "2026-01-01T00:00:00Z"
    assert view.spec.traffic_distribution == "PreferClose"
    assert view.spec.load_balancer_source_ranges == ("10.0.0.0/8",)
    assert [(ingress.ip, ingress.ip_mode) for ingress in view.ingress] == [("192.0.2.1", "VIP")]


@pytest.mark.parametrize("status", [None, {}, {"loadBalancer": {}}, {"loadBalancer": {"ingress": None}}])
def test_without_a_load_balancer_there_is_no_ingress(status: dict[str, object] | None) -> None:
    assert service_view.to_service_view({**DOCUMENT, "status": status}).ingress == ()


def test_a_wrong_field_is_refused() -> None:
    with pytest.raises(ObjectError, match="trafficDistribution"):
        service_view.to_service_view({**DOCUMENT, "spec": {"trafficDistribution": 7}})
