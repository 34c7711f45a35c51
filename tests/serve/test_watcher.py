"""The watcher as a sink: whatever a source tells, in whatever turns, the table is as made anew."""

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from svcdns.cluster import Options
from svcdns.dns import answers, names, view
from svcdns.dns.view import State
from svcdns.errors import TableError
from svcdns.kube.objects import Change, Key, Kind, KubeObject, convert
from svcdns.serve import watcher
from svcdns.serve.watcher import Watcher
from svcdns.table import snapshot
from svcdns.table.files import StateFolder
from svcdns.table.writer import Writer
from tests import running
from tests.clusters import events, objects
from tests.clusters.events import Event
from tests.table.content import content

KINDS: tuple[Kind, ...] = ("Namespace", "Service", "EndpointSlice", "Pod")
ANY_KIND = st.sampled_from(KINDS)
OPTIONS = Options(zones=(names.from_text("cluster.local."), names.from_text("example.net.")))

Objects = dict[tuple[Kind, Key], KubeObject]


def change(event: Event) -> Change:
    kind, namespace, name = event.key
    found = None if event.object is None else convert(kind, event.object)  # type: ignore[arg-type]
    return Change(kind, (namespace, name), found)  # type: ignore[arg-type]


def web(address: str, name: str = "web") -> Change:
    """A Service with a cluster IP."""
    spec = {"clusterIP": address, "ports": [{"port": 80}]}
    metadata = {"name": name, "namespace": "default"}
    return Change("Service", ("default", name), convert("Service", {"metadata": metadata, "spec": spec}))


class Table:
    """A table that outlives its watchers."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.state = StateFolder(Path(self._folder.name))
        self.state.make_live(None)
        self.writer = Writer(self.state.live)

    def watcher(self) -> Watcher:
        """Another one, as it begins."""
        watcher.prepare(self.writer, OPTIONS)
        return Watcher(self.writer, OPTIONS, KINDS, lambda store: None)

    def answers(self) -> dict[bytes, bytes]:
        """All but the table's own keys."""
        return {key: value for key, value in content(self.writer).items() if key[0] != 0xFF}

    def meta(self) -> State:
        """How far the answers can be trusted."""
        found = view.decode(self.writer.get(answers.META))
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


async def turns() -> None:
    """What waits for the next turn of the loop is done."""
    for _ in range(3):
        await asyncio.sleep(0)


class Source(RuleBasedStateMachine):
    """A cluster that changes, and a source that loses its connection, lists again, and is killed.

    `there` is what the cluster has, `told` what the watcher was told: the same but for kinds in `lost`.
    """

    @initialize(known=objects.clusters())
    def start(self, known: list[objects.Object]) -> None:
        self.loop, self.table = asyncio.new_event_loop(), Table()
        self.there: Objects = {}
        self.take([Event(objects.key_of(obj), obj) for obj in known])
        self.killed(set())

    def take(self, history: Iterable[Event]) -> list[Change]:
        """It happens in the cluster."""
        changes = list(map(change, history))
        for one in changes:
            if one.object is None:
                self.there.pop((one.kind, one.key), None)
            else:
                self.there[one.kind, one.key] = one.object
        return changes

    def run(self, action: Callable[[], None], turn: bool) -> None:
        """Call the sink as from within the loop; without a `turn` of it, what is planned there waits."""
        asyncio._set_running_loop(self.loop)
        try:
            action()
        finally:
            asyncio._set_running_loop(None)
        if turn:
            self.loop.run_until_complete(turns())

    @rule(later=st.just(set()) | st.sets(ANY_KIND, max_size=2))
    def killed(self, later: set[Kind]) -> None:
        """Another watcher: the table is as it was, stale until every kind has been listed."""
        self.loop.close()  # what the last one planned never happens
        self.loop = asyncio.new_event_loop()
        self.before = self.table.answers()
        self.sink = self.table.watcher()
        self.told: Objects = {}
        self.unlisted = set(KINDS)
        self.lost: set[Kind] = set(KINDS)
        self.lists(set(KINDS) - later, 100, False)

    @rule(history=events.histories(), turn=st.booleans())
    def happens(self, history: list[Event], turn: bool) -> None:
        """Each kind's changes are told in their order, if its watch is there."""
        changes = [one for one in self.take(history) if one.kind not in self.lost]
        for one in changes:
            if one.object is None:
                self.told.pop((one.kind, one.key), None)
            else:
                self.told[one.kind, one.key] = one.object
        self.run(lambda: self.sink.push(changes), turn=turn)
        self.check(turn)

    @rule(kind=ANY_KIND, turn=st.booleans())
    def loses(self, kind: Kind, turn: bool) -> None:
        self.lost.add(kind)
        self.run(lambda: self.sink.stale(kind, "lost"), turn=turn)
        self.check(turn)

    @precondition(lambda self: bool(self.lost))
    @rule(kinds=st.sets(ANY_KIND, min_size=2), page=st.integers(1, 5), turn=st.booleans())
    def lists(self, kinds: set[Kind], page: int, turn: bool) -> None:
        """Lost kinds are listed again."""
        for kind in sorted(kinds & self.lost):
            self.run(lambda: self.relist(kind, page), turn=turn)  # noqa: B023 - it is run at once
            self.lost.discard(kind)
            self.unlisted.discard(kind)
            self.told = {item: obj for item, obj in self.told.items() if item[0] != kind}
            self.told |= {item: obj for item, obj in self.there.items() if item[0] == kind}
            self.check(turn or not self.lost)

    def relist(self, kind: Kind, page: int) -> None:
        """A difference to what the sink has, page by page."""
        known = self.sink.objects(kind)
        wanted = {key: obj for (its, key), obj in self.there.items() if its == kind}
        changes = [Change(kind, key, obj) for key, obj in wanted.items() if known.get(key) != obj]
        changes += [Change(kind, key, None) for key in known if key not in wanted]
        for start in range(0, len(changes), page):
            self.sink.push(changes[start : start + page])
        self.sink.synced(kind)

    def check(self, settled: bool) -> None:
        """What can be asked of the table now; `settled`: nothing waits for the next turn."""
        if self.unlisted:
            assert self.table.answers() == self.before, "nothing is published before all is listed"
            assert self.table.meta() is (State.STALE if self.before else State.EMPTY)
            return
        assert self.table.meta() is (State.STALE if self.lost else State.FRESH)
        if settled:
            assert self.table.answers() == anew(self.told)

    def teardown(self) -> None:
        if hasattr(self, "table"):
            self.table.close()
            self.loop.close()


Source.TestCase.settings = settings(max_examples=settings().max_examples // 2, stateful_step_count=15)
TestSource = Source.TestCase


@pytest.fixture
def table() -> Iterator[Table]:
    with new_table() as made:
        yield made


async def test_changes_of_one_turn_are_one_version(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = table.watcher()
    fill(sink, [web("10.96.0.1")])
    written = []
    update = table.writer.update
    monkeypatch.setattr(table.writer, "update", lambda *given: written.append(update(*given)))
    sink.push([web("10.96.0.2")])
    sink.push([web("10.96.0.3"), web("10.96.0.4", "other")])
    await turns()
    assert len(written) == 1


async def test_a_relist_sees_what_was_pushed_in_the_same_turn(table: Table) -> None:
    """Or an object that is removed meanwhile would not be missed by the list."""
    sink = table.watcher()
    fill(sink, [])
    sink.push([web("10.96.0.1")])
    assert list(sink.objects("Service")) == [("default", "web")]


async def test_another_cluster_empties_the_stored_table(table: Table) -> None:
    sink = table.watcher()
    sink.identity("one")
    fill(sink, [web("10.96.0.1")])
    assert table.meta() is State.FRESH
    sink = table.watcher()
    assert table.meta() is State.STALE
    sink.identity("one")
    assert table.meta() is State.STALE
    sink.identity("another")
    assert table.meta() is State.EMPTY
    assert table.answers() == {}
    assert not sink.another_cluster.is_set(), "nothing of the other is known here"
    fill(sink, [])
    assert table.meta() is State.FRESH


async def test_another_cluster_behind_a_watcher_that_runs_needs_a_new_one(table: Table) -> None:
    sink = table.watcher()
    sink.identity("one")
    fill(sink, [web("10.96.0.1")])
    sink.identity("one")
    assert not sink.another_cluster.is_set()
    sink.identity("another")
    assert sink.another_cluster.is_set()
    assert table.answers() == {}
    sink.push([web("10.96.0.2", "other")])
    sink.synced("Service")
    await turns()
    assert table.meta() is State.EMPTY
    assert not sink.live


async def test_a_full_disk_is_tried_once_a_second_however_much_changes(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that could not be written is written at once, when it can be."""
    monkeypatch.setattr(watcher, "RETRY", 0.05)
    sink = table.watcher()
    fill(sink, [web("10.96.0.1")])
    tries: list[str] = []
    full = True

    def failing(name: str) -> None:
        real = getattr(table.writer, name)

        def write(*given: object) -> object:
            tries.append(name)
            if full:
                raise TableError("no space")
            return real(*given)

        monkeypatch.setattr(table.writer, name, write)

    failing("update")
    failing("replace")
    for number in range(50):
        sink.push([web(f"10.96.1.{number}", f"more-{number}")])
        await turns()
    assert tries.count("update") == 50
    await running.until(lambda: tries.count("replace") >= 3, "some tries")
    tries.clear()
    await asyncio.sleep(0.2)
    assert 1 <= tries.count("replace") <= 5
    full = False
    last = names.from_text("more-49.default.svc.cluster.local.")
    await running.until(lambda: table.writer.get(last), "the space")
    there = [web("10.96.0.1"), *(web(f"10.96.1.{number}", f"more-{number}") for number in range(50))]
    assert table.answers() == anew({(one.kind, one.key): one.object for one in there if one.object})
    tries.clear()
    await asyncio.sleep(0.1)
    assert not tries


async def test_snapshots_are_taken_when_it_is_quiet(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """And again where one failed."""
    monkeypatch.setattr(watcher, "QUIET", 0.0)
    sink = table.watcher()
    state = table.state.path
    keeping = asyncio.create_task(watcher.keep_snapshots(sink, table.writer, state, "one"))
    (state / "snapshot-1.mdb").mkdir()  # in the way
    fill(sink, [web("10.96.0.1")])
    await asyncio.sleep(1.2)
    assert snapshot.find(state, "one") is None
    (state / "snapshot-1.mdb").rmdir()
    await running.until(lambda: snapshot.find(state, "one"), "a snapshot")
    assert sink.changed_at is None
    keeping.cancel()
