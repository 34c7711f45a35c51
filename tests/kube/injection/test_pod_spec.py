"""The spec of a Pod: defaults, and its sources in words."""

from svcdns.kube.injection import workloads
from svcdns.kube.injection.pod_spec import (
    EnvFrom,
    LocalObjectReference,
)


def test_a_prefix_alone_is_no_variable():
    """A key is never empty."""
    assert EnvFrom("DB_PORT", config_map_ref=LocalObjectReference("x")).find_key("DB_PORT") is None


def test_links_and_nulls():
    document = {"apiVersion": "v1", "kind": "Pod", "spec": {"enableServiceLinks": False, "containers": None}}
    assert workloads.read_pod_template(document).spec.has_service_links is False
    document["spec"] = {
        "enableServiceLinks": None,
        "containers": [{"name": None, "env": [{"name": "A", "value": None}]}],
    }
    assert workloads.read_pod_template(document).spec.has_service_links is True
