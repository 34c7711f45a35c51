"""What the watcher tells of itself."""

import asyncio
import contextlib
import logging
import socket

from svcdns.cluster.specification import configured_zones
from svcdns.dns.table import node_format
from svcdns.kube.manifests.service_ranges import ServiceRanges
from svcdns.serve.runtime import ipc
from svcdns.serve.watcher import watcher_process
from svcdns.serve.watcher.static_data import StaticDataPublisher
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.watcher.watcher import Watcher
from svcdns.serve.watcher.watcher_report import MAX_ERROR_LENGTH, MAX_FILE_PROBLEMS, WatcherReport
from svcdns.sources.file_problems import Problem, ProblemLog
from svcdns.sources.manifests import ManifestFileSet
from svcdns.sources.manifests.manifest_source import ManifestSource
from tests.serve.watched import OPTIONS, Table, fill, new_table
from tests.serve.watcher.test_watcher_faults import web


async def test_its_last_word_is_what_it_is_at_its_end() -> None:
    ours, theirs = ipc.create_socket_pair()
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
    ours, theirs = ipc.create_socket_pair()
    with new_table() as table, contextlib.closing(ours), contextlib.closing(theirs):
        sink, published = table.watcher(), asyncio.Event()
        announcing = asyncio.create_task(
            watcher_process._announce_ready(theirs, of(table, sink), sink.store, OPTIONS, published)
        )
        fill(sink, [web("10.96.0.1")])
        published.set()
        await announcing
        first, then = ipc.receive(ours), ipc.receive(ours)
        assert isinstance(first, ipc.WatcherStats) and first.state.is_listed
        assert isinstance(then, ipc.Ready) and then.service_count == 1


def test_mistakes_of_files_are_named_up_to_a_bound() -> None:
    log = ProblemLog(logging.getLogger("test"))
    with new_table() as table:
        named_up_to_a_bound(log, of(table, table.watcher(), log))


def named_up_to_a_bound(log: ProblemLog, report: WatcherReport) -> None:
    problems = [Problem("a.zone", line, "", "wrong" * 200 * line) for line in range(1, 10)]
    log.log_changes(problems)
    told = report.collect_state().file_problems
    assert len(told) == MAX_FILE_PROBLEMS
    assert told[0].startswith("a.zone:1: wrong") and max(map(len, told)) == MAX_ERROR_LENGTH
    log.log_changes(problems[:1])
    assert report.collect_state().file_problems == told[:1]
    log.log_changes([])
    assert report.collect_state().file_problems == ()


def of(table: Table, sink: Watcher, *file_problems: ProblemLog) -> WatcherReport:
    """What a watcher without files tells."""
    source = ManifestSource(ManifestFileSet((), ServiceRanges()))
    state = TableState(table.writer.get(node_format.META_KEY), configured_zones(OPTIONS))
    beside = StaticDataPublisher(table.writer, state, sink.on_files_written)
    return WatcherReport(source, sink, state, table.writer, beside, {"manifests": source}, file_problems)


def objects(ours: socket.socket) -> int:
    """The number of Services that the next message tells."""
    message = ipc.receive(ours)
    assert isinstance(message, ipc.WatcherStats)
    return message.state.resources["Service"].object_count
