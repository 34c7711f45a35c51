"""The pure parts by themselves, without a socket, a process or a table on disk: what `micro` and
`regression` time.

    query -> respond -> reply           table: a dict, as fast to read as LMDB or faster
    change -> touched -> names -> keys and values
    line of a watch -> change
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import dns.message
import msgspec

from benchmarks import cluster as generated
from benchmarks import manifests, queries
from svcdns.cluster import specification as cluster
from svcdns.cluster.specification import AffectedParts, ClusterOptions
from svcdns.dns.answer import fast_path
from svcdns.dns.answer.reply_cache import ReplyCache
from svcdns.dns.answer.view import View
from svcdns.dns.table import node_format, subtree_encoding, table_meta
from svcdns.dns.table.table_meta import Freshness, TableMeta
from svcdns.dns.wire import messages, names
from svcdns.kube import objects, ready_endpoints
from svcdns.kube.objects import Change
from svcdns.kube.store import Store
from svcdns.sources.apiserver.object_decoder import ObjectDecoder

SERVICES = 300

Work: TypeAlias = Callable[[], object]
Table: TypeAlias = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """`work` does the same `calls` times."""

    title: str
    calls: int
    work: Work


class _NoReplyCache(ReplyCache):
    """Keeps nothing, so that each query takes the whole hot path."""

    def add(self, query: bytes, reply: bytes) -> None:
        pass


def make_cases(packets: int, items: int) -> list[Case]:
    """All cases, on one cluster, with so many packets, and so many Services, slices or lines."""
    generated_cluster = generated.build(SERVICES, namespaces=10)
    options = ClusterOptions(zones=(names.from_text(f"{generated.ZONE}."),))
    store = Store()
    for change in _all_changes(generated_cluster):
        store.apply(change)

    table = _build_table(store, options)
    replaced = _endpoint_changes(generated_cluster, items)
    keys = list(store.services)[:items]
    lines = [_event_line(service) for service in generated_cluster.services if service.endpoints][:items]
    packets_by_kind = {kind: _query_packets(generated_cluster, kind, packets) for kind in _TITLES}

    return [
        *(
            _respond_case(f"respond, {queries_of}", table, packets_by_kind[kind])
            for kind, queries_of in _TITLES.items()
        ),
        _respond_case("respond, a reply that is kept", table, packets_by_kind["A"], has_reply_cache=True),
        Case("compile a Service", len(keys), lambda: [_compile(key, store, options) for key in keys]),
        Case(
            "apply a change", len(replaced), lambda: [_apply(change, store, options) for change in replaced]
        ),
        Case("decode an event", len(lines), lambda: ObjectDecoder("EndpointSlice").decode_events(lines)),
    ]


_CACHE_ROUNDS = 32
"""Rounds before a case is timed: a reply is stored by chance, and by then nearly all are."""
_TITLES = {"A": "A", "NXDOMAIN": "NXDOMAIN", "headless": "headless, 10 addresses", "mix": "the mix"}


def _respond_case(
    title: str, table: Table, packets: Sequence[bytes], *, has_reply_cache: bool = False
) -> Case:
    seen = View(random.Random(5).getrandbits)
    seen.get = table.get
    seen.refresh()
    if not has_reply_cache:
        seen.reply_cache = _NoReplyCache()

    for _ in range(_CACHE_ROUNDS):
        assert all(fast_path.answer_fast(seen, packet, False) for packet in packets), title

    return Case(
        title, len(packets), lambda: [fast_path.answer_fast(seen, packet, False) for packet in packets]
    )


def _build_table(store: Store, options: ClusterOptions) -> Table:
    zones = cluster.configured_zones(options)
    table = {
        node_format.META_KEY: table_meta.encode_meta(
            TableMeta(table_meta.FORMAT_VERSION, Freshness.FRESH, zones)
        ),
        node_format.SERIAL_KEY: bytes(4),
    }
    for touched in cluster.all_parts(store):
        table |= subtree_encoding.encode_subtree(cluster.build_part(touched, store, options))

    return table


def _compile(key: objects.Key, store: Store, options: ClusterOptions) -> Table:
    """All names that a Service owns, as keys and values."""
    touched = AffectedParts(services={key}, endpoint_labels={key: None})
    return dict(subtree_encoding.encode_subtree(cluster.build_part(touched, store, options)))


def _apply(change: Change, store: Store, options: ClusterOptions) -> tuple[set[bytes], Table]:
    """What the watcher does for a change: the keys to delete from the table, and the values to write."""
    touched = AffectedParts()
    cluster.add_affected(touched, change, store, options)

    # Before and after the change, since a name that it removes is in no object any more.
    before = cluster.build_part(touched, store, options)
    touched.reverse_parents = before.empty_non_terminals
    store.apply(change)
    after = dict(subtree_encoding.encode_subtree(cluster.build_part(touched, store, options)))

    return set(subtree_encoding.subtree_keys(before)) - after.keys(), after


def _endpoint_changes(generated_cluster: generated.Cluster, count: int) -> list[Change]:
    """Changes that replace one endpoint of each slice and then put it back, so that they can be repeated."""
    services = [service for service in generated_cluster.services if service.endpoints][: count // 2]
    there = [
        _to_change(manifests.slice_object(service, (*service.endpoints[:-1], f"10.112.0.{number}")))
        for number, service in enumerate(services)
    ]
    return there + [_to_change(manifests.slice_object(service, service.endpoints)) for service in services]


def _all_changes(generated_cluster: generated.Cluster) -> list[Change]:
    documents = [manifests.namespace_object(name) for name in generated_cluster.namespaces]
    for service in generated_cluster.services:
        documents.append(manifests.service_object(service))
        if service.endpoints:
            documents.append(manifests.slice_object(service, service.endpoints))

    return list(map(_to_change, documents))


def _to_change(document: dict[str, Any]) -> Change:
    obj = objects.convert_object(document["kind"], document)
    return Change(document["kind"], objects.key_of(obj), ready_endpoints.to_stored(obj))


def _event_line(service: generated.Service) -> bytes:
    document = manifests.slice_object(service, service.endpoints)
    return msgspec.json.encode({"type": "MODIFIED", "object": document})


def _query_packets(generated_cluster: generated.Cluster, kind: str, count: int) -> list[bytes]:
    rng = random.Random(6)
    make = queries.question_makers(generated_cluster, rng)
    mixed = rng.choices(list(queries.MIX), list(queries.MIX.values()), k=count)
    drawn_questions = [make[each]() for each in (mixed if kind == "mix" else [kind] * count)]

    return [
        dns.message.make_query(f"{name}.", rrtype).to_wire()[messages.ID_SIZE :]
        for name, rrtype in drawn_questions
    ]
