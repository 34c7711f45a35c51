"""Worlds of linked objects that come and go in a cluster: however they came, their names are the same.

A world costs a few milliseconds, since the clusters are used again: what one leaves behind is a finding, too.
"""

import asyncio
import atexit
import contextlib
from collections.abc import Iterator, Sequence

from svcdns.kube import objects
from tests import inprocess
from tests.clusters.events import Event
from tests.dns import asked
from tests.fuzz.linked_objects import LinkedObject, Maker
from tests.oracle import Options

OPTIONS = (
    Options(),
    Options(pods="insecure", endpoint_pod_names=True),
    Options(
        zones=("cluster.local.", "corp.example."), ignore_empty_service=True, namespaces=("default", "shop")
    ),
    Options(namespace_labels="app=web", labels="app=web", pods="disabled"),
    Options(no_endpoints=True, dns_service=("default", "web")),
)
ASK_EVERY = 100
"""Of so many worlds, a worker is asked for all names of one."""


class Worlds:
    """A cluster in which one world after the other comes and goes."""

    def __init__(self, options: Options) -> None:
        self._stack = contextlib.ExitStack()
        atexit.register(self.close)
        self._runner = self._stack.enter_context(asyncio.Runner())
        self._cluster = self._stack.enter_context(inprocess.cluster(options, follows_ranges=True))
        self._runner.run(self._cluster.start([]))
        self._empty = self._cluster.entries()

    def close(self) -> None:
        """Remove its files."""
        self._stack.close()

    def run(self, seed: int) -> None:
        """Let one world come and go."""
        self._runner.run(self._come_and_go(seed))

    def run_events(self, events: Sequence[Event]) -> None:
        """Let objects come together, whatever they are, and go together."""
        self._runner.run(self._run_events(events))

    async def _run_events(self, events: Sequence[Event]) -> None:
        self._cluster.push(events)
        self._cluster.push([Event(event.key, None) for event in events])
        assert self._cluster.entries() == self._empty

    async def _come_and_go(self, seed: int) -> None:
        maker = Maker(seed)
        first, changes = maker.objects(), maker.objects()
        removed = maker.sample(first, 2)

        self._push(first)
        for linked in changes:
            self._push([linked])
        for linked in removed:
            self._push([linked], removes=True)
        one_by_one = self._cluster.entries()
        if seed % ASK_EVERY == 0:
            self._ask_for_all(one_by_one)

        self._push([*first, *changes], removes=True)
        assert self._cluster.entries() == self._empty, "nothing is left"

        last_versions = {_key(linked): linked for linked in (*first, *changes)}
        for linked in removed:
            last_versions.pop(_key(linked), None)
        self._push(list(last_versions.values()))
        assert self._cluster.entries() == one_by_one, "together as one by one"

        self._push(maker.sample(list(last_versions.values()), 4), removes=True)
        self._push(list(last_versions.values()), removes=True)
        assert self._cluster.entries() == self._empty, "nothing is left, some of them first"

    def _push(self, linked_objects: Sequence[LinkedObject], *, removes: bool = False) -> None:
        self._cluster.push(
            [Event(_key(linked), None if removes else linked.document) for linked in linked_objects]
        )
        assert not self._cluster.faults, "an API server accepts them all"

    def _ask_for_all(self, entries: dict[bytes, bytes]) -> None:
        with self._cluster.worker() as worker:
            # A key begins with a name in wire form; those that do not are the table's own.
            for name in {key.partition(b"\0")[0] + b"\0" for key in entries if not key.startswith(b"\0")}:
                for rrtype in (b"\0\1", b"\0\x1c", b"\0\x21", b"\0\x0c", b"\0\xff"):
                    query = b"\0\7\1\0\0\1\0\0\0\0\0\0" + name + rrtype + b"\0\1"
                    asked.read(worker.answer(query))


def _key(linked: LinkedObject) -> tuple[str, str, str]:
    obj = objects.convert_object(linked.kind, linked.document)
    return (linked.kind, *objects.key_of(obj))


_worlds_by_options: dict[int, Worlds] = {}


@contextlib.contextmanager
def reused_worlds(number: int) -> Iterator[Worlds]:
    """The cluster of these options; where something is wrong in it, the next one is new."""
    worlds = _worlds_by_options.pop(number, None) or Worlds(OPTIONS[number])
    try:
        yield worlds
    except BaseException:
        worlds.close()
        raise
    _worlds_by_options[number] = worlds


def come_and_go(seed: int) -> None:
    """Let the world of a seed come and go in the cluster of its options."""
    with reused_worlds(seed % len(OPTIONS)) as worlds:
        try:
            worlds.run(seed)
        except BaseException as error:
            error.add_note(f"the world of seed {seed}: tests.fuzz.linked_worlds.come_and_go({seed})")
            raise
