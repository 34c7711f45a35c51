"""While another crew gets ready, both are there."""

import os
import signal
from pathlib import Path

from svcdns.serve.supervisor import procfs
from tests import fake_apiserver, running, scraping, server
from tests.serve.supervisor.test_reload import basis, configured
from tests.serve.test_serve import becomes


def watchers(supervisor: int) -> list[int]:
    return sorted(set(running.children(supervisor)) - set(running.workers(supervisor)))


async def test_memory_is_that_of_both(tmp_path: Path) -> None:
    """The next watcher waits for an API server that is gone; the last one goes on meanwhile."""
    http = server.free_port()
    async with fake_apiserver.serving() as api:
        silent = f"kubeconfig: {api.kubeconfig(tmp_path)}\nworkers: 2\n"
    async with configured(tmp_path, basis(tmp_path), "--http", f"127.0.0.1:{http}") as configuration:
        await becomes(configuration.server.address, "web", ["10.96.0.1"])
        supervisor = configuration.server.process.pid
        (last,) = watchers(supervisor)
        configuration.file.write_text(silent)
        os.kill(supervisor, signal.SIGHUP)
        await running.until(lambda: "the API server http" in configuration.log, "the next watcher")
        assert last in (both := watchers(supervisor))
        assert len(both) == 2
        memory_bytes = (await scraping.scrape(http)).value("svcdns_process_memory_bytes", process="watcher")
        assert 0.8 < memory_bytes / sum(map(procfs.read_memory, both)) < 1.2
