"""A watcher over a table of its own, in this process."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from svcdns.cluster.specification import ClusterOptions, configured_zones
from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness
from svcdns.dns.wire import names
from svcdns.kube.objects import Change, Key, Kind, StoredObject
from svcdns.serve.watcher import snapshots
from svcdns.serve.watcher.publication import CLUSTER_ID_KEY
from svcdns.serve.watcher.static_data import StaticDataPublisher
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.watcher.watcher import Watcher
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter
from tests.table.content import content

OWN = (node_format.META_KEY, node_format.SERIAL_KEY, CLUSTER_ID_KEY)
KINDS: tuple[Kind, ...] = ("Namespace", "Service", "EndpointSlice", "Pod")
OPTIONS = ClusterOptions(zones=(names.from_text("cluster.local."), names.from_text("example.net.")))

Objects = dict[tuple[Kind, Key], StoredObject]


class Table:
    """A table that outlives its watchers."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.state = StateFolder(Path(self._folder.name))
        self.state.create_live(None)
        self.writer = TableWriter(self.state.live_path, node_format.NON_CLUSTER_PREFIXES)

    def state_at_start(self) -> TableState:
        """As a watcher's process that begins has it."""
        snapshots.prepare_table(self.writer, OPTIONS)
        return TableState(self.writer.get(node_format.META_KEY), configured_zones(OPTIONS))

    def writers(self, kinds: Iterable[Kind] = KINDS) -> tuple[Watcher, StaticDataPublisher]:
        """Both, as they begin: of the cluster's names, and of those of files."""
        state = self.state_at_start()
        sink = Watcher(self.writer, state, OPTIONS, kinds, lambda: None)
        return sink, StaticDataPublisher(self.writer, state, sink.on_files_written)

    def watcher(self) -> Watcher:
        """The first of them."""
        return self.writers()[0]

    def answers(self) -> dict[bytes, bytes]:
        """All but the table's own keys."""
        return {key: value for key, value in content(self.writer).items() if not key.startswith(OWN)}

    def meta(self) -> Freshness:
        """How far the answers can be trusted."""
        meta = table_meta.decode_meta(self.writer.get(node_format.META_KEY))
        assert meta is not None
        return meta.state

    def close(self) -> None:
        """Remove it."""
        self.writer.close()
        self.state.close()
        self._folder.cleanup()


@contextlib.contextmanager
def new_table() -> Iterator[Table]:
    """Until the end of the block."""
    with contextlib.closing(Table()) as new:
        yield new


def fill(sink: Watcher, changes: Iterable[Change]) -> None:
    """The first list of every kind."""
    sink.push(changes)
    for kind in KINDS:
        sink.mark_synced(kind)


def anew(objects: Objects) -> dict[bytes, bytes]:
    """The answers that a watcher makes that never knew anything else."""
    with new_table() as table:
        fill(table.watcher(), [Change(kind, key, obj) for (kind, key), obj in objects.items()])
        return table.answers()
