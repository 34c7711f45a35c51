"""kill -9 under load: a watcher costs no answer, a worker at most the batch that it held."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import dns.message
import pytest

from svcdns.serve.runtime import ipc
from svcdns.serve.supervisor.process_manager import ProcessManager
from svcdns.table.state_folder import StateFolder
from tests import asking, running, server
from tests.running import Load
from tests.serve import manifests
from tests.serve.runtime.test_runtime_config import ONE
from tests.serve.test_serve import ask, becomes, texts
from tests.server import Server

RATE, SECONDS = 5000, 2.5
BATCH = 64

QUERIES = """web.default.svc.cluster.local A
web.default.svc.cluster.local AAAA
db.default.svc.cluster.local A
_pg._tcp.db.default.svc.cluster.local SRV
1.0.96.10.in-addr.arpa PTR
example.com.default.svc.cluster.local A
"""


async def load_with_a_kill(serving: Server, folder: Path, victim: Callable[[int], int]) -> Load:
    """Steady load; in the middle of it the process is killed, and replaced by another."""
    (folder / "queries").write_text(QUERIES)
    load = asyncio.create_task(
        running.dnsperf(serving.address, folder / "queries", rate=RATE, seconds=SECONDS)
    )
    await asyncio.sleep(SECONDS / 2)
    if not load.done():
        before = running.children(serving.process.pid)
        killed = victim(serving.process.pid)
        os.kill(killed, signal.SIGKILL)
        await running.until(lambda: not running.is_alive(killed), "its end")
        await running.until(
            lambda: len(running.children(serving.process.pid)) == len(before), "another in its place"
        )
    counted = await load
    assert counted.sent > RATE * SECONDS / 2
    assert running.drops(serving.address[1]) == 0
    assert "SERVFAIL" not in counted.rcodes, counted.rcodes
    return counted


async def test_a_watcher_costs_no_answer(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB, db=manifests.HEADLESS)
    async with server.running(tmp_path, "--manifests", str(folder), "--workers", "2") as serving:
        await becomes(serving.address, "web", ["10.96.0.1"])
        counted = await load_with_a_kill(serving, tmp_path, running.watcher)
        assert counted.lost == 0
        (folder / "more.yaml").write_text(manifests.service("more", "10.96.0.7"))
        await becomes(serving.address, "more", ["10.96.0.7"])
        assert texts(await ask(serving.address, "web")) == ["10.96.0.1"]
    assert "watcher ended by signal SIGKILL; starting another" in serving.log.read_text()
    assert serving.process.returncode == 0


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_worker_costs_a_batch_at_most(tmp_path: Path, workers: int) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB, db=manifests.HEADLESS)
    async with server.running(tmp_path, "--manifests", str(folder), "--workers", str(workers)) as serving:
        await becomes(serving.address, "web", ["10.96.0.1"])
        counted = await load_with_a_kill(serving, tmp_path, lambda pid: running.workers(pid)[0])
        assert counted.lost <= BATCH
        assert texts(await ask(serving.address, "web", tcp=True)) == ["10.96.0.1"]
    assert "worker 0 ended by signal SIGKILL; starting another" in serving.log.read_text()


async def test_workers_are_replaced_each_time(tmp_path: Path) -> None:
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    async with server.running(tmp_path, "--manifests", str(folder), "--workers", "1") as serving:
        watcher = running.watcher(serving.process.pid)
        for number in (signal.SIGKILL, signal.SIGTRAP, signal.SIGRTMIN + 3):
            await running.until(lambda: running.workers(serving.process.pid), "a worker")
            (worker,) = running.workers(serving.process.pid)
            os.kill(worker, number)
            await becomes(serving.address, "web", ["10.96.0.1"])
        assert running.watcher(serving.process.pid) == watcher
    log = serving.log.read_text()
    for name in ("SIGKILL", "SIGTRAP", signal.SIGRTMIN + 3):
        assert f"worker 0 ended by signal {name}; starting another" in log


async def answered(serving: Server) -> list[str]:
    """Asked as a stub resolver does: again, where no answer comes."""
    query = dns.message.make_query("web.default.svc.cluster.local.", "A").to_wire()
    (reply,) = await asking.udp(serving.address, [query], tries=50, patience=0.1)
    assert reply is not None
    return texts(dns.message.from_wire(reply))


async def test_a_damaged_table_is_made_anew(tmp_path: Path) -> None:
    """A file that was cut is a SIGBUS for all who map it: they begin again, from the snapshot."""
    folder = manifests.folder(tmp_path / "m", web=manifests.WEB)
    arguments = ("--manifests", str(folder), "--workers", "2")
    async with server.running(tmp_path, *arguments) as serving:
        await becomes(serving.address, "web", ["10.96.0.1"])
    (folder / "web.yaml").write_text(manifests.WEB + manifests.SLOW)
    async with server.running(tmp_path, *arguments) as serving:
        await running.until(lambda: "ready: 1 Services" in serving.log.read_text(), "the list")
        before = running.children(serving.process.pid)
        os.truncate(tmp_path / "state" / "table" / "live" / "data.mdb", 4096)
        assert await answered(serving) == ["10.96.0.1"]
        assert (await ask(serving.address, "web", edns=True)).options, "stale, until all is read again"
        assert not set(before) & set(running.children(serving.process.pid))
        (folder / "more.yaml").write_text(manifests.service("more", "10.96.0.7"))
        await becomes(serving.address, "more", ["10.96.0.7"])
    assert "the table may be damaged: it is made anew" in serving.log.read_text()
    assert serving.process.returncode == 0


async def test_a_second_watcher_that_hangs_soon_leads_to_a_new_table(tmp_path: Path) -> None:
    """A damaged lock file stops each writer for ever, and no process notices it."""
    state = StateFolder(tmp_path / "state")
    manager = ProcessManager(ONE, state, [], lambda code: None)
    for hung_at, expected in ((1000.0, False), (2000.0, False), (2300.0, True)):
        manager._on_hung_watcher(hung_at)
        assert manager._is_table_damaged is expected
    state.close()
    for sock in manager._generation._query_log_sockets:
        sock.close()


async def test_a_source_that_cannot_be_used_any_more_is_said_once_with_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    state = StateFolder(tmp_path / "state")
    manager = ProcessManager(ONE, state, [], lambda code: None)
    watcher = manager._generation.watcher
    manager._on_message(watcher, ipc.Ready())
    watcher.ready.set()
    for _ in range(5):
        manager._on_message(watcher, ipc.SourceFailed("kubeconfig: no such user"))
        assert manager._on_exit(watcher, 2), "another is started"
    manager._on_message(watcher, ipc.Ready())

    assert caplog.messages[1:] == [
        "kubeconfig: no such user; it is tried again and again",
        "the watcher follows its source again, after 0 s",
        "ready: 0 Services",
    ]
    state.close()
    for sock in manager._generation._query_log_sockets:
        sock.close()


async def test_a_source_that_cannot_be_used_at_all_ends_the_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes: list[int] = []
    state = StateFolder(tmp_path / "state")
    manager = ProcessManager(ONE, state, [], codes.append)
    watcher = manager._generation.watcher
    manager._on_message(watcher, ipc.SourceFailed("kubeconfig: no such user\x1b"))
    assert not manager._on_exit(watcher, 2)
    assert codes == [2]
    assert capsys.readouterr().err == "svcdns: kubeconfig: no such user\\x1b\n"
    state.close()
    for sock in manager._generation._query_log_sockets:
        sock.close()
