"""The answers that are fuzzed: a small cluster with every kind of name, built once."""

import contextlib
import functools
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager

from svcdns.cluster.specification import Options, everything, names_of, zones
from svcdns.dns import compiler, meta, names, nodes, view
from svcdns.dns.query import Forward
from svcdns.kube import hosts
from svcdns.kube.objects import Change, Kind, convert, key_of
from svcdns.kube.store import Store
from svcdns.serve.counting import Counting, Reply
from svcdns.serve.looks import Looks
from svcdns.serve.service import Send
from tests.dns import asked

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
def answers_view() -> view.View:
    """A view of their answers in a dict."""
    options = Options(zones=(names.from_text("cluster.local"),), pods="insecure")
    store = Store()
    for kind, document in _OBJECTS:
        obj = hosts.kept(convert(kind, document))
        store.apply(Change(kind, key_of(obj), obj))
    table: dict[bytes, bytes] = {}
    for touched in everything(store):
        table.update(compiler.compile_part(names_of(touched, store, options)))
    table[nodes.META] = meta.encode(meta.Meta(meta.FORMAT, meta.State.FRESH, zones(options)))
    table[nodes.SERIAL] = b"\0\0\0\1"
    found = view.View(lambda bits: 1, "test")
    found.get = table.get
    found.has_prefix = lambda prefix: any(key.startswith(prefix) for key in table)
    found.refresh()
    return found


class Served:
    """A worker's service (`serve.service`) without its process; records come in one order."""

    def session(self) -> AbstractContextManager[object]:
        """The one table there is."""
        return contextlib.nullcontext()

    def answer(self, packet: bytes) -> Reply:
        """As a worker does."""
        return asked.without_id(answers_view(), packet, stream=True)

    def later(self, forward: Forward, send: Send) -> None:
        """Nothing is forwarded."""
        raise AssertionError(forward)

    def counting(self, protocol: str, family: socket.AddressFamily) -> Counting:
        """Nobody asks for it."""
        return Counting(protocol, Looks(0.0))


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
