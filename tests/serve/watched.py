"""A watcher over a table of its own, in this process."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from svcdns.cluster.specification import Options, zones
from svcdns.dns import meta, names, nodes
from svcdns.dns.meta import State
from svcdns.kube.objects import Change, Kept, Key, Kind
from svcdns.serve import stored
from svcdns.serve.beside import Beside
from svcdns.serve.tablestate import TableState
from svcdns.serve.watcher import CLUSTER, Watcher
from svcdns.table.files import StateFolder
from svcdns.table.writer import Writer
from tests.table.content import content

OWN = (nodes.META, nodes.SERIAL, CLUSTER)
KINDS: tuple[Kind, ...] = ("Namespace", "Service", "EndpointSlice", "Pod")
OPTIONS = Options(zones=(names.from_text("cluster.local."), names.from_text("example.net.")))

Objects = dict[tuple[Kind, Key], Kept]


class Table:
    """A table that outlives its watchers."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.state = StateFolder(Path(self._folder.name))
        self.state.make_live(None)
        self.writer = Writer(self.state.live, nodes.APART)

    def state_at_start(self) -> TableState:
        """As a watcher's process that begins has it."""
        stored.prepare(self.writer, OPTIONS)
        return TableState(self.writer.get(nodes.META), zones(OPTIONS))

    def writers(self, kinds: Iterable[Kind] = KINDS) -> tuple[Watcher, Beside]:
        """Both, as they begin: of the cluster's names, and of those of files."""
        state = self.state_at_start()
        sink = Watcher(self.writer, state, OPTIONS, kinds, lambda: None)
        return sink, Beside(self.writer, state, sink.changed)

    def watcher(self) -> Watcher:
        """The first of them."""
        return self.writers()[0]

    def answers(self) -> dict[bytes, bytes]:
        """All but the table's own keys."""
        return {key: value for key, value in content(self.writer).items() if not key.startswith(OWN)}

    def meta(self) -> State:
        """How far the answers can be trusted."""
        found = meta.decode(self.writer.get(nodes.META))
        assert found is not None
        return found.state

    def close(self) -> None:
        """Remove it."""
        self.writer.close()
        self.state.close()
        self._folder.cleanup()


@contextlib.contextmanager
def new_table() -> Iterator[Table]:
    """Until the end of the block."""
    with contextlib.closing(Table()) as made:
        yield made


def fill(sink: Watcher, told: Iterable[Change]) -> None:
    """The first list of every kind."""
    sink.push(told)
    for kind in KINDS:
        sink.synced(kind)


def anew(told: Objects) -> dict[bytes, bytes]:
    """The answers that a watcher makes that never knew anything else."""
    with new_table() as table:
        fill(table.watcher(), [Change(kind, key, obj) for (kind, key), obj in told.items()])
        return table.answers()
