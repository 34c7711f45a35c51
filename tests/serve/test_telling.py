"""What the watcher tells of itself."""

import asyncio
import contextlib
import socket

from svcdns.cluster import zones
from svcdns.dns import nodes
from svcdns.kube.ranges import Ranges
from svcdns.serve import channel
from svcdns.serve.beside import Beside
from svcdns.serve.tablestate import TableState
from svcdns.serve.telling import Telling
from svcdns.sources.manifests import Manifests
from svcdns.sources.manifests.source import ManifestSource
from tests.serve.test_watcher_faults import web
from tests.serve.watched import OPTIONS, fill, new_table


async def test_its_last_word_is_what_it_is_at_its_end() -> None:
    ours, theirs = channel.pair()
    with new_table() as table, contextlib.closing(ours), contextlib.closing(theirs):
        sink, source = table.watcher(), ManifestSource(Manifests((), Ranges()))
        state = TableState(table.writer.get(nodes.META), zones(OPTIONS))
        beside = Beside(table.writer, state, sink.changed)
        telling = Telling(source, sink, state, table.writer, beside, {"manifests": source})
        task = asyncio.create_task(telling.run(theirs))
        await asyncio.sleep(0)
        assert objects(ours) == 0
        fill(sink, [web("10.96.0.1")])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert objects(ours) == 1


def objects(ours: socket.socket) -> int:
    """The number of Services that the next message tells."""
    message = channel.receive(ours)
    assert isinstance(message, channel.Watched)
    return message.state.resources["Service"].objects
