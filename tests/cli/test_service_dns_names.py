"""The DNS names that a Service owns; `test_services` has them in the description."""

import msgspec
import pytest

from svcdns.cli import service_dns_names
from svcdns.cli.inventory import Document, Inventory
from svcdns.config.settings import Settings
from svcdns.kube.objects import EndpointSlice

KEY = ("shop", "web")
PORTS = [{"name": "http", "port": 80, "protocol": "TCP"}]
SLICE = {
    "metadata": {"name": "web-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
    "addressType": "IPv4",
    "ports": PORTS,
    "endpoints": [{"addresses": ["10.244.0.7"], "hostname": "a"}],
}


def names_of(spec: Document, **settings: str) -> dict[str, str]:
    """The types by name, of a Service with one endpoint."""
    document = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": PORTS, **spec}}
    slices = {("shop", "web-1"): msgspec.convert(SLICE, EndpointSlice)}
    loaded = Settings.model_validate({"manifests": ["unread.yaml"], **settings})
    return dict(service_dns_names.owned_names(KEY, Inventory({KEY: document}, slices, []), loaded))


def test_a_service_with_a_cluster_ip() -> None:
    names = names_of({"clusterIP": "10.96.0.7"})
    assert next(iter(names)) == "web.shop.svc.cluster.local"
    assert names["web.shop.svc.cluster.local"] == "A SRV"
    assert names["_http._tcp.web.shop.svc.cluster.local"] == "SRV"


def test_a_headless_service_in_another_zone() -> None:
    names = names_of({"clusterIP": "None"}, zone="corp.example")
    assert names["a.web.shop.svc.corp.example"] == "A SRV"
    assert all(name.endswith(".corp.example") for name in names)


@pytest.mark.parametrize("namespaces", ["data", "data,other"])
def test_a_service_that_is_not_served_owns_none(namespaces: str) -> None:
    assert names_of({"clusterIP": "10.96.0.7"}, namespaces=namespaces) == {}
