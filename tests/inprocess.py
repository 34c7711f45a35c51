"""The way from an object's change to an answer's bytes, in this process: no socket and no fork.

    events -> watcher -> table --copy--> worker -> answers

Each is the real one. LMDB forbids to open a table twice in a process, so the worker reads a copy,
as it would after a restart; quick enough that hypothesis can build a cluster for each example.
"""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from svcdns.cluster import derived_options
from svcdns.cluster.options import ClusterZone, configured_zones
from svcdns.dns.table import node_format
from svcdns.kube import objects as kube
from svcdns.kube import ready_endpoints
from svcdns.serve.runtime.runtime_config import Block
from svcdns.serve.watcher import snapshots, watcher
from svcdns.serve.watcher.static_data import StaticDataPublisher
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.worker import worker
from svcdns.table import state_folder, writer
from tests.clusters.events import Event
from tests.clusters.objects import Object, key_of
from tests.dns import asked
from tests.oracle import Options

KINDS: tuple[kube.Kind, ...] = ("Namespace", "Service", "EndpointSlice", "Pod", "ServiceCIDR")


class Cluster:
    """A cluster as it changes, and the table of its answers; to be used in a running event loop."""

    def __init__(self, folder: Path, options: Options) -> None:
        self._folder = folder
        self._pod_names = options.endpoint_pod_names
        self._state = state_folder.StateFolder(folder / "written")
        self._state.create_live(None)
        self._writer = writer.TableWriter(self._state.live_path)
        wanted = derived_options.options_of(zone_of(options))
        snapshots.prepare_table(self._writer, wanted)
        state = TableState(self._writer.get(node_format.META_KEY), configured_zones(wanted))
        self._watcher = watcher.Watcher(self._writer, state, wanted, KINDS, lambda: None)
        self._beside = StaticDataPublisher(self._writer, state, self._watcher.on_files_written)

    async def start(self, objects: Iterable[Object]) -> None:
        """The first list of every kind; there are no files."""
        await self._beside.publish_zones(())
        self._beside.publish_hosts(())
        self._watcher.push([self._change(Event(key_of(obj), obj)) for obj in objects])
        for kind in KINDS:
            self._watcher.mark_synced(kind)

    def push(self, events: Iterable[Event]) -> None:
        """What happened; written when this returns."""
        self._watcher.push([self._change(event) for event in events])

    def _change(self, event: Event) -> kube.Change:
        """An event as the sources push it."""
        name, found = event.key[1:], None
        kind = cast(kube.Kind, event.key[0])
        if event.object is not None:
            found = ready_endpoints.to_stored(kube.convert_object(kind, event.object), self._pod_names)
        return kube.Change(kind, name, found)

    def entries(self) -> dict[bytes, bytes]:
        """The answers in the table: all but its own keys (the serial and the like)."""
        own = (node_format.META_KEY, node_format.SERIAL_KEY)
        all_entries = self._writer.entries_with_prefix(b"")
        return {key: value for key, value in all_entries if not key.startswith(own)}

    @contextlib.contextmanager
    def worker(self) -> Iterator["Worker"]:
        """A worker over the table as it is."""
        state = state_folder.StateFolder(self._folder / "read")
        state.create_live(self._copy())
        try:
            yield Worker(worker.Worker(state.live_path, Block()))
        finally:
            state.close()

    def close(self) -> None:
        """Give the folder back."""
        self._writer.close()
        self._state.close()

    def _copy(self) -> Path:
        target = self._folder / "copy"
        target.unlink(missing_ok=True)
        self._writer.copy(target)
        return target


class Worker:
    """Answers queries as a worker does, whole, as over TCP."""

    def __init__(self, real: worker.Worker) -> None:
        self._real = real

    def answer(self, packet: bytes) -> bytes:
        """The reply to a query."""
        with self._real.begin_transaction():
            reply = self._real.answer(packet[2:], asked.CLIENT)
        assert isinstance(reply, bytes), f"not answered: {reply}"
        return packet[:2] + reply


@contextlib.contextmanager
def cluster(options: Options) -> Iterator[Cluster]:
    """A cluster with a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Cluster(Path(folder), options)) as made:
        yield made


def zone_of(options: Options, *, follows_ranges: bool = False) -> ClusterZone:
    """The settings of svcdns that say what the oracle's options say."""
    return ClusterZone(
        zone=options.zones,
        ttl=options.ttl,
        negative_ttl=options.ttl if options.negative_ttl is None else options.negative_ttl,
        pods=options.pods,
        dns_service=options.dns_service,
        reverse_zones=options.reverse,
        follows_ranges=follows_ranges,
        namespaces=options.namespaces or (),
        namespace_labels=options.namespace_labels or "",
        labels=options.labels or "",
        endpoint_pod_names=options.endpoint_pod_names,
        ignore_empty_service=options.ignore_empty_service,
        no_endpoints=options.no_endpoints,
    )
