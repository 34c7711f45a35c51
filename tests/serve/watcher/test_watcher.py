"""The watcher as a sink: whatever a source tells, the table is as made anew."""

from collections.abc import Iterable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from svcdns.dns.table.table_meta import Freshness
from svcdns.kube import ready_endpoints
from svcdns.kube.objects import Change, Kind, convert_object
from tests.clusters import events, objects
from tests.clusters.events import Event
from tests.serve.watched import KINDS, Objects, Table, anew

ANY_KIND = st.sampled_from(KINDS)


def change(event: Event) -> Change:
    kind, namespace, name = event.key
    stored = None if event.object is None else ready_endpoints.to_stored(convert_object(kind, event.object))  # type: ignore[arg-type]
    return Change(kind, (namespace, name), stored)  # type: ignore[arg-type]


class Source(RuleBasedStateMachine):
    """A cluster that changes, and a source that loses its connection, lists again, and is killed.

    `there` is what the cluster has, `told` what the watcher was told: the same but for kinds in `lost`.
    """

    @initialize(initial=objects.clusters())
    def start(self, initial: list[objects.Object]) -> None:
        self.table = Table()
        self.there: Objects = {}
        self.take([Event(objects.key_of(obj), obj) for obj in initial])
        self.killed(set())

    def take(self, history: Iterable[Event]) -> list[Change]:
        """It happens in the cluster."""
        changes = list(map(change, history))
        for applied in changes:
            if applied.new_object is None:
                self.there.pop((applied.kind, applied.key), None)
            else:
                self.there[applied.kind, applied.key] = applied.new_object
        return changes

    @rule(later=st.just(set()) | st.sets(ANY_KIND, max_size=2))
    def killed(self, later: set[Kind]) -> None:
        """Another watcher: the table is as it was, stale until every kind has been listed."""
        self.before = self.table.answers()
        self.sink = self.table.watcher()
        self.told: Objects = {}
        self.unlisted = set(KINDS)
        self.lost: set[Kind] = set(KINDS)
        self.lists(set(KINDS) - later, 100)

    @rule(history=events.histories())
    def happens(self, history: list[Event]) -> None:
        """Each kind's changes are told in their order, if its watch is there."""
        changes = [applied for applied in self.take(history) if applied.kind not in self.lost]
        for applied in changes:
            if applied.new_object is None:
                self.told.pop((applied.kind, applied.key), None)
            else:
                self.told[applied.kind, applied.key] = applied.new_object
        self.sink.push(changes)
        self.check()

    @rule(kind=ANY_KIND)
    def loses(self, kind: Kind) -> None:
        self.lost.add(kind)
        self.sink.mark_stale(kind, "lost")
        self.check()

    @precondition(lambda self: bool(self.lost))
    @rule(kinds=st.sets(ANY_KIND, min_size=2), page=st.integers(1, 5))
    def lists(self, kinds: set[Kind], page: int) -> None:
        """Lost kinds are listed again."""
        for kind in sorted(kinds & self.lost):
            self.relist(kind, page)
            self.lost.discard(kind)
            self.unlisted.discard(kind)
            self.told = {item: obj for item, obj in self.told.items() if item[0] != kind}
            self.told |= {item: obj for item, obj in self.there.items() if item[0] == kind}
            self.check()

    def relist(self, kind: Kind, page: int) -> None:
        """A difference to what the sink has, page by page."""
        known = self.sink.get_objects(kind)
        expected = {key: obj for (its, key), obj in self.there.items() if its == kind}
        changes = [Change(kind, key, obj) for key, obj in expected.items() if known.get(key) != obj]
        changes += [Change(kind, key, None) for key in known if key not in expected]
        for start in range(0, len(changes), page):
            self.sink.push(changes[start : start + page])
        self.sink.mark_synced(kind)

    def check(self) -> None:
        """What can be asked of the table now."""
        if self.unlisted:
            assert self.table.answers() == self.before, "nothing is published before all is listed"
            assert self.table.meta() is (Freshness.STALE if self.before else Freshness.EMPTY)
            return
        assert self.table.meta() is (Freshness.STALE if self.lost else Freshness.FRESH)
        assert self.table.answers() == anew(self.told)

    def teardown(self) -> None:
        if hasattr(self, "table"):
            self.table.close()


Source.TestCase.settings = settings(max_examples=settings().max_examples // 2, stateful_step_count=15)
TestSource = Source.TestCase
