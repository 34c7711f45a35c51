"""Warnings of objects: names and ports that do not exist, a namespace like a top-level domain; each once."""

import pytest

from svcdns.kube import ready_endpoints
from svcdns.kube.objects import Change, Key, Kind, convert_object
from svcdns.kube.store import Store
from svcdns.serve.watcher.object_warnings import ObjectWarnings
from tests.serve.watched import OPTIONS


def change(kind: Kind, key: Key, spec: dict[str, object]) -> Change:
    metadata = {"name": key[1], "namespace": key[0]} if key[0] else {"name": key[1]}
    obj = ready_endpoints.to_stored(convert_object(kind, {"metadata": metadata, "spec": spec}))
    return Change(kind, key, obj)


def test_an_external_name_that_is_none_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    good = change("Service", ("default", "good"), {"type": "ExternalName", "externalName": "example.net"})
    bad = change("Service", ("default", "bad"), {"type": "ExternalName", "externalName": "192.0.2.1"})
    caplog.set_level("INFO")
    warnings = ObjectWarnings(store)
    for _ in range(2):
        warnings.log_warnings([good, bad, Change("EndpointSlice", ("default", "bad"), None)], [], OPTIONS)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith("Service default/bad: ")
    assert "192.0.2.1" in record.getMessage()

    warnings.log_warnings([Change("Service", ("default", "bad"), None)], [], OPTIONS)
    assert caplog.messages[1:] == [f"fixed: {record.getMessage()}"]


def test_a_namespace_like_a_top_level_domain_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    for name in ("com", "bookshop"):
        store.apply(change("Namespace", ("", name), {}))
    warnings = ObjectWarnings(store)
    for _ in range(2):
        warnings.log_warnings([], ["com", "bookshop"], OPTIONS)
    assert warnings.tld_namespaces == {"com"}
    (record,) = caplog.records
    assert "NAME.com" in record.getMessage()


def test_a_namespace_that_comes_back_is_warned_of_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    store = Store()
    warnings = ObjectWarnings(store)
    created = change("Namespace", ("", "com"), {})
    for namespace_change in (created, Change("Namespace", ("", "com"), None), created):
        store.apply(namespace_change)
        warnings.log_warnings([], ["com"], OPTIONS)
        assert warnings.tld_namespaces == ({"com"} if namespace_change.new_object else set())
    begin, end, again = caplog.messages
    assert begin == again
    assert end == "fixed: namespaces named like top-level domains: com"


def test_a_port_of_a_slice_that_is_none_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    warnings = ObjectWarnings(Store())
    metadata = {"name": "web-1", "namespace": "default"}
    document = {"metadata": metadata, "addressType": "IPv4", "ports": [{"name": "http", "port": 70000}]}
    stored = ready_endpoints.to_stored(convert_object("EndpointSlice", document))
    for _ in range(2):
        warnings.log_warnings([Change("EndpointSlice", ("default", "web-1"), stored)], [], OPTIONS)

    (message,) = caplog.messages
    assert message.startswith("EndpointSlice default/web-1: ports 70000 ")
    warnings.log_warnings([Change("EndpointSlice", ("default", "web-1"), None)], [], OPTIONS)
    assert caplog.messages[1:] == [f"fixed: {message}"]
