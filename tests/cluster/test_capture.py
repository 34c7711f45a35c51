"""Namespaces that are named like top-level domains."""

import pytest

from svcdns.cluster.specification import Options, captures
from svcdns.dns import names, toplevel
from svcdns.kube.objects import Change, Namespace, NamespaceMeta
from svcdns.kube.store import Store

OPTIONS = Options(zones=(names.from_text("cluster.local."),))


@pytest.mark.parametrize("name", ["com", "dev", "io", "de", "xn--p1ai"])
def test_top_level_domains(name: str) -> None:
    assert toplevel.is_top_level(name)


@pytest.mark.parametrize("name", ["kube-system", "default", "cluster", "local", "test", "co m", "", "zuer"])
def test_what_is_none(name: str) -> None:
    assert not toplevel.is_top_level(name)


def test_a_namespace_that_is_served() -> None:
    store = Store()
    assert not captures("com", store, OPTIONS)
    store.apply(Change("Namespace", ("", "com"), Namespace(NamespaceMeta("com"))))
    assert captures("com", store, OPTIONS)
    hidden = Options(zones=OPTIONS.zones, exposes_namespace=lambda name, obj: name != "com")
    assert not captures("com", store, hidden)
