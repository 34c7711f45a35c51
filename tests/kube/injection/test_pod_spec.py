"""The spec of a Pod: defaults, and where a value comes from in words."""

from typing import Any

import pytest

from svcdns.kube.injection import workloads
from svcdns.kube.injection.pod_spec import (
    DnsOption,
    EnvFrom,
    FieldRef,
    FileKeyRef,
    KeySelector,
    LocalObjectReference,
    PodSpec,
    ResourceFieldRef,
    ValueFrom,
)


def spec_of(spec: Any) -> PodSpec:
    template = workloads.read_pod_template({"apiVersion": "v1", "kind": "Pod", "spec": spec})

    assert template is not None

    return template.spec


def test_a_prefix_alone_is_no_variable() -> None:
    """A key is never empty."""
    assert EnvFrom("DB_PORT", config_map_ref=LocalObjectReference("x")).find_key("DB_PORT") is None


def test_links_and_nulls() -> None:
    assert spec_of({"enableServiceLinks": False, "containers": None}).has_service_links is False

    containers = [{"name": None, "env": [{"name": "A", "value": None}]}]

    assert spec_of({"enableServiceLinks": None, "containers": containers}).has_service_links is True


SOURCES = [
    (ValueFrom(FieldRef("status.podIP")), "field status.podIP"),
    (ValueFrom(resource_field_ref=ResourceFieldRef("limits.cpu")), "resource limits.cpu"),
    (ValueFrom(config_map_key_ref=KeySelector("settings", "url")), "key url of ConfigMap settings"),
    (ValueFrom(secret_key_ref=KeySelector("keys", "token")), "key token of Secret keys"),
    (ValueFrom(file_key_ref=FileKeyRef("A", "env.txt", "v")), "key A of the file env.txt"),
    (EnvFrom(config_map_ref=LocalObjectReference("settings")), "ConfigMap settings"),
    (EnvFrom("DB_", secret_ref=LocalObjectReference("keys")), "Secret keys"),
    (DnsOption("ndots", "2"), "ndots:2"),
    (DnsOption("single-request"), "single-request"),
]


@pytest.mark.parametrize(("source", "text"), SOURCES)
def test_in_words(source: object, text: str) -> None:
    assert str(source) == text


def test_a_value_may_be_missing_only_where_it_is_optional() -> None:
    assert ValueFrom(secret_key_ref=KeySelector("keys", "token", optional=True)).is_optional
    assert not ValueFrom(secret_key_ref=KeySelector("keys", "token")).is_optional
    assert not ValueFrom(FieldRef("status.podIP")).is_optional


def test_all_texts_with_references() -> None:
    containers = [{"env": [{"name": "A", "value": "1"}, {"name": "B"}], "command": ["2"], "args": ["3", "4"]}]
    ((kind, container),) = spec_of({"containers": containers}).all_containers

    assert (kind, [*container.expandable_texts]) == ("container", ["1", "", "2", "3", "4"])
