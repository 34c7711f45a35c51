"""Namespaces that are named like top-level domains."""

from svcdns.cluster.specification import ClusterOptions, is_tld_collision
from svcdns.dns.wire import names
from svcdns.kube.objects import Change, Namespace, NamespaceMeta
from svcdns.kube.store import Store

OPTIONS = ClusterOptions(zones=(names.from_text("cluster.local."),))


def test_a_namespace_that_is_served() -> None:
    store = Store()
    assert not is_tld_collision("com", store, OPTIONS)
    store.apply(Change("Namespace", ("", "com"), Namespace(NamespaceMeta("com"))))
    assert is_tld_collision("com", store, OPTIONS)
    hidden = ClusterOptions(zones=OPTIONS.zones, is_namespace_exposed=lambda name, obj: name != "com")
    assert not is_tld_collision("com", store, hidden)
