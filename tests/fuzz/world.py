"""The answers that are fuzzed: a small cluster with every kind of name, built once."""

import contextlib
import functools
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager

from svcdns.cluster.specification import ClusterOptions, all_parts, build_part, configured_zones
from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.table import node_format, subtree_encoding, table_meta
from svcdns.dns.wire import names
from svcdns.kube import ready_endpoints
from svcdns.kube.objects import Change, Kind, convert_object, key_of
from svcdns.kube.store import Store
from svcdns.serve.worker.sampling import QuerySampling
from svcdns.serve.worker.service import SendReply
from svcdns.serve.worker.traffic import Outcome, TrafficCounter
from tests.dns import asked, tables

_PORTS = [{"name": "http", "protocol": "TCP", "port": 80}]


def _service(name: str, **spec: object) -> tuple[Kind, object]:
    return "Service", {"metadata": {"name": name, "namespace": "default"}, "spec": {"ports": _PORTS, **spec}}


def _slice(service: str, addresses: Iterator[str]) -> tuple[Kind, object]:
    labels = {"kubernetes.io/service-name": service}
    endpoints = [{"addresses": [address]} for address in addresses]
    meta = {"name": f"{service}-1", "namespace": "default", "labels": labels}
    return "EndpointSlice", {"metadata": meta, "addressType": "IPv4", "endpoints": endpoints, "ports": _PORTS}


_OBJECTS = [
    _service("web", clusterIP="10.96.0.1", clusterIPs=["10.96.0.1", "fd00::1"]),
    _service("local", clusterIP="None"),
    _slice("local", (f"10.0.0.{n}" for n in range(9))),
    _service("svc", clusterIP="None"),
    _slice("svc", (f"10.1.{n // 250}.{n % 250}" for n in range(600))),
    _service("pod", type="ExternalName", externalName="web.default.svc.cluster.local"),
    _service("cluster", type="ExternalName", externalName="cluster.default.svc.cluster.local"),
]


@functools.cache
def served_caches() -> FastPathCaches:
    """A worker's answers of these objects, from a table that is a dict."""
    options = ClusterOptions(zones=(names.from_text("cluster.local"),), pods="insecure")
    store = Store()
    for kind, document in _OBJECTS:
        obj = ready_endpoints.to_stored(convert_object(kind, document))
        store.apply(Change(kind, key_of(obj), obj))
    table: dict[bytes, bytes] = {}
    for touched in all_parts(store):
        table.update(subtree_encoding.encode_subtree(build_part(touched, store, options)))
    table[node_format.META_KEY] = table_meta.encode_meta(
        table_meta.TableMeta(table_meta.FORMAT_VERSION, table_meta.Freshness.FRESH, configured_zones(options))
    )
    table[node_format.SERIAL_KEY] = b"\0\0\0\1"
    return tables.serve(table, AnswerContext(lambda bits: 1, "test", cookies=tables.COOKIES))


class Served:
    """A worker's service (`serve.service`) without its process; records come in one order."""

    def begin_transaction(self) -> AbstractContextManager[object]:
        """The one table there is."""
        return contextlib.nullcontext()

    def answer(self, packet: bytes, client: bytes) -> Outcome:
        """As a worker does."""
        return asked.without_id(served_caches(), packet, stream=True)

    def answer_later(self, forward: PendingQuery, send: SendReply, client: str) -> None:
        """Nothing is forwarded."""
        raise AssertionError(forward)

    def traffic_counter(self, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        """Nobody asks for it."""
        return TrafficCounter(protocol, QuerySampling(0.0))


class Transport:
    """The client's end of a TCP connection, as asyncio shows it to a protocol."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.closed = False

    def write(self, data: bytes) -> None:
        """Send."""
        self.written += data

    def get_extra_info(self, name: str) -> tuple[str, int]:
        """The peer."""
        return ("127.0.0.1", 1)

    def set_write_buffer_limits(self, high: int) -> None:
        """Nothing waits here."""

    def pause_reading(self) -> None:
        """What was fed is there already."""

    def resume_reading(self) -> None:
        """The same."""

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Close."""
        self.closed = True

    abort = close
