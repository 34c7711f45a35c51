"""What the watcher tells of itself."""

import asyncio
import contextlib
import socket

from svcdns.cluster.specification import zones
from svcdns.dns import nodes
from svcdns.kube.ranges import Ranges
from svcdns.serve import channel, watching
from svcdns.serve.beside import Beside
from svcdns.serve.tablestate import TableState
from svcdns.serve.telling import Telling
from svcdns.serve.watcher import Watcher
from svcdns.sources.manifests import Manifests
from svcdns.sources.manifests.source import ManifestSource
from tests.serve.test_watcher_faults import web
from tests.serve.watched import OPTIONS, Table, fill, new_table


async def test_its_last_word_is_what_it_is_at_its_end() -> None:
    ours, theirs = channel.pair()
    with new_table() as table, contextlib.closing(ours), contextlib.closing(theirs):
        sink = table.watcher()
        telling = of(table, sink)
        task = asyncio.create_task(telling.run(theirs))
        await asyncio.sleep(0)
        assert objects(ours) == 0
        fill(sink, [web("10.96.0.1")])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert objects(ours) == 1


async def test_that_all_is_known_is_told_with_how_the_table_is() -> None:
    """So that /ready says it at once, and not with the next second's word."""
    ours, theirs = channel.pair()
    with new_table() as table, contextlib.closing(ours), contextlib.closing(theirs):
        sink, known = table.watcher(), asyncio.Event()
        announcing = asyncio.create_task(
            watching._announce(theirs, of(table, sink), sink.store, OPTIONS, known)
        )
        fill(sink, [web("10.96.0.1")])
        known.set()
        await announcing
        first, then = channel.receive(ours), channel.receive(ours)
        assert isinstance(first, channel.Watched) and first.state.listed
        assert isinstance(then, channel.Ready) and then.services == 1


def of(table: Table, sink: Watcher) -> Telling:
    """What a watcher without files tells."""
    source = ManifestSource(Manifests((), Ranges()))
    state = TableState(table.writer.get(nodes.META), zones(OPTIONS))
    beside = Beside(table.writer, state, sink.changed)
    return Telling(source, sink, state, table.writer, beside, {"manifests": source})


def objects(ours: socket.socket) -> int:
    """The number of Services that the next message tells."""
    message = channel.receive(ours)
    assert isinstance(message, channel.Watched)
    return message.state.resources["Service"].objects
