"""The time from a change of endpoints to its answer, by kind of Service."""

from svcdns.kube import ready_endpoints
from svcdns.kube.objects import Change, Kind, convert_object, key_of
from svcdns.kube.store import Store
from svcdns.serve.watcher.programming_latency import ProgrammingLatency
from svcdns.stats.histogram import PROGRAMMING_TIME_BUCKETS


def change(kind: Kind, name: str, triggered: float | None = None, **fields: object) -> Change:
    document = {"metadata": {"name": name, "namespace": "default", **fields.pop("metadata", {})}, **fields}  # type: ignore[dict-item]
    obj = ready_endpoints.to_stored(convert_object(kind, document))
    return Change(kind, key_of(obj), obj, triggered)


def endpoints(service: str, triggered: float | None) -> Change:
    labels = {"labels": {"kubernetes.io/service-name": service}}
    return change(
        "EndpointSlice", f"{service}-1", triggered, metadata=labels, addressType="IPv4", endpoints=[]
    )


def test_by_kind_of_service() -> None:
    store, latency = Store(), ProgrammingLatency()
    store.apply(change("Service", "web", spec={"clusterIP": "10.96.0.1"}))
    store.apply(change("Service", "db", spec={"clusterIP": "None"}))
    changes = [
        endpoints("web", 99.0),
        endpoints("db", 99.5),
        endpoints("db", 101.0),
        endpoints("db", None),
        endpoints("gone", 99.0),
        change("Service", "web", 99.0, spec={"clusterIP": "10.96.0.1"}),
    ]
    for each in changes:
        latency.observe(each, store, 100.0)
    assert {
        kind: (sum(seen.counts), seen.sum_of_values) for kind, seen in latency.histograms_by_kind.items()
    } == {
        "cluster_ip": (1, 1.0),
        "headless_with_selector": (2, 0.5),
    }, "a clock that is ahead counts as no time"
    assert len(latency.histograms_by_kind["cluster_ip"].counts) == len(PROGRAMMING_TIME_BUCKETS) + 1
