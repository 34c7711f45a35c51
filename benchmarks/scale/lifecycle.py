"""Starts: from the command to the first right answer, without and with a stored table; and memory."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cluster, load, processes, queries
from benchmarks.cores import Cores
from benchmarks.results import Memory, Start
from benchmarks.scale import memory
from benchmarks.scale.asking import SELDOM, Asker
from benchmarks.scale.control import Api
from benchmarks.servers import running, svcdns
from benchmarks.servers.kind import Site

WORKERS = 2
SETTLE = 1.0
"""Seconds after which memory counts as settled."""
NAME = f"kube-dns.kube-system.svc.{cluster.ZONE}"
"""Asked for; it is published together with all others."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where svcdns is started again and again, for one cluster."""

    folder: Path
    api: Api
    cores: Cores
    questions: dict[str, Path]

    @property
    def table(self) -> Path:
        """The live table's file."""
        return self.folder / "state" / "live" / "data.mdb"

    def site(self, workers: int = WORKERS) -> Site:
        """On another port each time."""
        source = ("--kubeconfig", str(self.api.kubeconfig))
        return Site(self.folder, processes.free_port(), source, workers=workers)

    def forget(self) -> None:
        """There is no stored table any more."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)


def asking(site: Site) -> Asker:
    """Who asks while it starts."""
    return Asker(site.port, SELDOM)


def start(place: Place) -> Start:
    """One start with what is stored, and its end; which stores the table."""
    site = place.site()
    api, begin = place.api.cpu(), time.monotonic()
    with running.launched(svcdns.SERVER, site, place.cores.server) as process, asking(site) as asker:
        seconds = asker.until_answered(NAME, lambda: process.poll() is None) - begin
        return Start(seconds, processes.cpu_time(process.pid).total / 1e6, place.api.cpu() - api)


def cold(place: Place) -> Start:
    """Without a stored table."""
    place.forget()
    return start(place)


def weigh(place: Place) -> Memory:
    """Memory after a cold start and some load; the most while it started, and in a relist beside load."""
    place.forget()
    site, log = place.site(), place.folder / "dnsperf.log"
    ask = load.Run(queries.MIXED, place.questions["mix"], site.port, seconds=1.0)
    with running.launched(svcdns.SERVER, site, place.cores.server) as process, asking(site) as asker:
        with memory.peak(process.pid, place.table) as starting:
            asker.until_answered(NAME, lambda: process.poll() is None)
            time.sleep(SETTLE)
        load.run(ask, place.cores.load, log)
        time.sleep(SETTLE)
        settled = memory.used(process.pid, place.table)
        with memory.peak(process.pid, place.table) as relisting:
            place.api.relist()
            time.sleep(SETTLE)
    return Memory(settled.total, settled.table, starting.bytes, relisting.bytes)
