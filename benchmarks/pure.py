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
from svcdns.cluster.specification import Options, Touched
from svcdns.dns import compiler, meta, names, nodes, respond, wire
from svcdns.dns.meta import Meta, State
from svcdns.dns.replies import Replies
from svcdns.dns.view import View
from svcdns.kube import hosts, objects
from svcdns.kube.objects import Change
from svcdns.kube.store import Store
from svcdns.sources.apiserver.decode import Decoder

SERVICES = 300

Work: TypeAlias = Callable[[], object]
Table: TypeAlias = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """`work` does the same `calls` times."""

    title: str
    calls: int
    work: Work


class _KeepsNothing(Replies):
    """So that each query takes the whole hot path."""

    def keep(self, asked: bytes, reply: bytes) -> None:
        pass


def cases(packets: int, parts: int) -> list[Case]:
    """All of them on one cluster: with so many packets, and so many Services, slices or lines."""
    made = generated.build(SERVICES, namespaces=10)
    options = Options(zones=(names.from_text(f"{generated.ZONE}."),))
    store = Store()
    for change in _changes(made):
        store.apply(change)
    table = _table(store, options)
    replaced = _back_and_forth(made, parts)
    keys = list(store.services)[:parts]
    lines = [_line(service) for service in made.services if service.endpoints][:parts]
    asked = {kind: _packets(made, kind, packets) for kind in ("A", "NXDOMAIN", "headless", "mix")}
    return [
        *(_responds(f"respond, {queries_of}", table, asked[kind]) for kind, queries_of in _TITLES.items()),
        _responds("respond, a reply that is kept", table, asked["A"], keeps=True),
        Case("compile a Service", len(keys), lambda: [_compile(key, store, options) for key in keys]),
        Case("apply a change", len(replaced), lambda: [_apply(one, store, options) for one in replaced]),
        Case("decode an event", len(lines), lambda: Decoder("EndpointSlice").events(lines)),
    ]


_UNTIL_KEPT = 32
"""Rounds: one reply in some is kept."""
_TITLES = {"A": "A", "NXDOMAIN": "NXDOMAIN", "headless": "headless, 10 addresses", "mix": "the mix"}


def _responds(title: str, table: Table, packets: Sequence[bytes], *, keeps: bool = False) -> Case:
    seen = View(random.Random(5).getrandbits)
    seen.get = table.get
    seen.refresh()
    if not keeps:
        seen.replies = _KeepsNothing()
    for _ in range(_UNTIL_KEPT):
        assert all(respond.respond(seen, packet, False) for packet in packets), title
    return Case(title, len(packets), lambda: [respond.respond(seen, one, False) for one in packets])


def _table(store: Store, options: Options) -> Table:
    zones = cluster.zones(options)
    found = {nodes.META: meta.encode(Meta(meta.FORMAT, State.FRESH, zones)), nodes.SERIAL: bytes(4)}
    for touched in cluster.everything(store):
        found |= compiler.compile_part(cluster.names_of(touched, store, options))
    return found


def _compile(key: objects.Key, store: Store, options: Options) -> Table:
    """All names that a Service owns, as keys and values."""
    touched = Touched(services={key}, hosts={key: None})
    return dict(compiler.compile_part(cluster.names_of(touched, store, options)))


def _apply(change: Change, store: Store, options: Options) -> tuple[set[bytes], Table]:
    """What a change does to the table, as the watcher finds it: keys that are gone, and values."""
    touched = Touched()
    cluster.touch(touched, change, store, options)
    before = cluster.names_of(touched, store, options)
    touched.above = before.above
    store.apply(change)
    after = dict(compiler.compile_part(cluster.names_of(touched, store, options)))
    return set(compiler.keys(before)) - after.keys(), after


def _back_and_forth(made: generated.Cluster, count: int) -> list[Change]:
    """One endpoint of each slice is replaced by another one, and then put back."""
    found = [service for service in made.services if service.endpoints][: count // 2]
    there = [
        _change(manifests.slice_object(one, (*one.endpoints[:-1], f"10.112.0.{number}")))
        for number, one in enumerate(found)
    ]
    return there + [_change(manifests.slice_object(one, one.endpoints)) for one in found]


def _changes(made: generated.Cluster) -> list[Change]:
    documents = [manifests.namespace_object(name) for name in made.namespaces]
    for service in made.services:
        documents.append(manifests.service_object(service))
        if service.endpoints:
            documents.append(manifests.slice_object(service, service.endpoints))
    return list(map(_change, documents))


def _change(document: dict[str, Any]) -> Change:
    obj = objects.convert(document["kind"], document)
    return Change(document["kind"], objects.key_of(obj), hosts.kept(obj))


def _line(service: generated.Service) -> bytes:
    document = manifests.slice_object(service, service.endpoints)
    return msgspec.json.encode({"type": "MODIFIED", "object": document})


def _packets(made: generated.Cluster, kind: str, count: int) -> list[bytes]:
    rng = random.Random(6)
    make = queries.makers(made, rng)
    mixed = rng.choices(list(queries.MIX), list(queries.MIX.values()), k=count)
    asked = [make[each]() for each in (mixed if kind == "mix" else [kind] * count)]
    return [dns.message.make_query(f"{name}.", rrtype).to_wire()[wire.ID :] for name, rrtype in asked]
