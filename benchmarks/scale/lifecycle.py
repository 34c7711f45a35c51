"""Starts: from the command to the first right answer, without and with a stored table; and memory."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import (
    cluster,
    dnsperf,
    processes,
    queries,
)
from benchmarks.cores import Cores
from benchmarks.results import Memory, Start
from benchmarks.scale import memory
from benchmarks.scale.answer_poller import SLOW_INTERVAL, AnswerPoller
from benchmarks.scale.apiserver_control import ApiServerProcess
from benchmarks.servers import running
from benchmarks.servers.server_types import Server, ServerSite

WORKERS = 2
SETTLE_SECONDS = 1.0
"""Seconds after which memory counts as settled."""
PROBE_NAME = f"kube-dns.kube-system.svc.{cluster.ZONE}"
"""The name that is asked for at a start; it is published together with all others."""


@dataclass(frozen=True, slots=True)
class StartSetup:
    """Where svcdns is started again and again, for one cluster."""

    server: Server
    folder: Path
    api: ApiServerProcess
    cores: Cores
    questions: dict[str, Path]

    @property
    def table_path(self) -> Path:
        """The live table's file."""
        return self.folder / "state" / "live" / "data.mdb"

    def make_site(self, workers: int = WORKERS) -> ServerSite:
        """A site with a port of its own each time: the last one may still be in use."""
        source = ("--kubeconfig", str(self.api.kubeconfig))
        return ServerSite(self.folder, processes.find_free_port(), source, workers=workers)

    def delete_table(self) -> None:
        """Delete the stored table, so that the next start is a cold one."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)


def open_poller(site: ServerSite) -> AnswerPoller:
    """The client that asks while svcdns starts."""
    return AnswerPoller(site.port, SLOW_INTERVAL)


def measure_start(place: StartSetup) -> Start:
    """Start once with the stored table, and stop, which stores the table again."""
    site = place.make_site()
    api_cpu_before = place.api.read_cpu_seconds()
    begin = time.monotonic()
    with (
        running.launch_server(place.server, site, place.cores.server) as process,
        open_poller(site) as asker,
    ):
        seconds = asker.wait_for_answer(PROBE_NAME, lambda: process.poll() is None) - begin
        return Start(
            seconds=seconds,
            cpu=processes.read_cpu_time(process.pid).total / 1e6,
            api_cpu=place.api.read_cpu_seconds() - api_cpu_before,
        )


def measure_cold_start(place: StartSetup) -> Start:
    """Start once without a stored table."""
    place.delete_table()
    return measure_start(place)


def measure_memory(place: StartSetup) -> Memory:
    """Memory after a cold start and some load; the most while it started, and in a relist beside load."""
    place.delete_table()
    site = place.make_site()
    log = place.folder / "dnsperf.log"
    ask = dnsperf.LoadRun(queries.MIX_WORKLOAD, place.questions["mix"], site.port, seconds=1.0)
    with (
        running.launch_server(place.server, site, place.cores.server) as process,
        open_poller(site) as asker,
    ):
        with memory.track_peak(process.pid, place.table_path) as starting:
            asker.wait_for_answer(PROBE_NAME, lambda: process.poll() is None)
            time.sleep(SETTLE_SECONDS)

        dnsperf.run_load(ask, place.cores.load, log)
        time.sleep(SETTLE_SECONDS)
        settled = memory.read_memory_use(process.pid, place.table_path)
        with memory.track_peak(process.pid, place.table_path) as relisting:
            place.api.force_relist()
            time.sleep(SETTLE_SECONDS)

    return Memory(settled.total, settled.table, starting.max_bytes, relisting.max_bytes)
