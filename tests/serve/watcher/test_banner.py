"""The examples of the banner: queries that have answers, one of each kind."""

from svcdns.kube import ready_endpoints
from svcdns.kube.objects import Change, convert_object
from svcdns.kube.store import Store
from svcdns.serve.watcher import banner
from tests.serve.watched import OPTIONS


def add_service(store: Store, namespace: str, name: str, **spec: object) -> None:
    metadata = {"name": name, "namespace": namespace}
    service = ready_endpoints.to_stored(convert_object("Service", {"metadata": metadata, "spec": spec}))
    store.apply(Change("Service", (namespace, name), service))


def test_an_empty_cluster_has_no_examples() -> None:
    assert banner.example_queries(Store(), OPTIONS) == ()


def test_each_kind_of_answer_has_one_example() -> None:
    store = Store()
    add_service(store, "kube-system", "kube-dns", clusterIP="10.96.0.10", ports=[{"port": 53}])
    add_service(store, "shop", "web", clusterIP="10.96.0.1", ports=[{"port": 80}])
    add_service(store, "shop", "worse", clusterIP="10.96.0.2", ports=[{"port": 80}])
    add_service(store, "shop", "mail", type="ExternalName", externalName="mail.example.net")
    assert banner.example_queries(store, OPTIONS) == (
        "mail.shop.svc.cluster.local. CNAME",
        "web.shop.svc.cluster.local. A",
        "web.shop.svc.cluster.local. SRV",
        "10.0.96.10.in-addr.arpa. PTR",
    )


def test_there_are_six_examples_at_most() -> None:
    store = Store()
    for number, ip in enumerate(("10.96.0.1", "fd00::1")):
        for kind in ("ClusterIP", "NodePort", "LoadBalancer"):
            add_service(store, "shop", f"{kind.lower()}-{number}", type=kind, clusterIP=ip)
    add_service(store, "shop", "mail", type="ExternalName", externalName="mail.example.net")
    examples = banner.example_queries(store, OPTIONS)
    assert len(examples) == len(set(examples)) == 6
