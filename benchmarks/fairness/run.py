"""The run: each server under each flood in turn, and what another client sees of it, in rounds."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cluster, external_names, manifests, processes, queries, zones
from benchmarks.cores import Cores
from benchmarks.fairness import flood, victim
from benchmarks.fairness.scenarios import Scenario
from benchmarks.machine import RunInfo
from benchmarks.progress import Progress
from benchmarks.results import Fairness, FloodRun
from benchmarks.servers import running
from benchmarks.servers.server_types import Server, ServerSite

FLOOD_LEAD = 0.5
"""Seconds for which a flood runs before the other client begins: queues are full by then."""
COUNTERS = {
    "shed": r'svcdns_dns_servfail_total\{reason="too_many"\}',
    "dropped": r"svcdns_socket_drops_total",
    "limited": r"svcdns_rate_limited_total\{[^}]*\}",
}
"""What svcdns counts of a flood (METRICS.md): fields of `FloodRun`."""


@dataclass(frozen=True, slots=True)
class FairnessPlan:
    """What to measure, and how long."""

    servers: Sequence[Server]
    scenarios: Sequence[Scenario]
    services: int
    rounds: int
    seconds: float
    here: RunInfo


def run(plan: FairnessPlan, folder: Path, cores: Cores, progress: Progress) -> Fairness:
    """Start the servers one by one, measure, and stop them. Raises ServerError."""
    generated = cluster.build(plan.services)
    manifest = folder / "cluster.json"
    manifests.write_manifests(generated, manifest)
    zone_files = zones.write_zones(generated, folder)
    questions = queries.write_questions(generated, folder)["A"]
    installed = [server for server in plan.servers if running.is_installed(server)]

    runs = []
    for round_number in range(plan.rounds):
        for scenario in plan.scenarios:
            for server in installed:
                if scenario.is_outside and not server.can_forward:
                    continue
                progress.show(f"round {round_number + 1}/{plan.rounds}: {server.title}, {scenario.title}")
                with (
                    tempfile.TemporaryDirectory(dir=folder) as place,
                    _run_upstream(cores, is_silent=scenario.is_upstream_silent) as upstream,
                ):
                    site = ServerSite(
                        Path(place),
                        processes.find_free_port(),
                        ("--manifests", str(manifest)),
                        zone_files,
                        upstream=upstream if server.can_forward else None,
                        metrics=processes.find_free_port(),
                    )
                    with running.run_server(server, site, cores.server):
                        delays, sent_rate = _measure(scenario, site, questions, cores, plan.seconds)
                        counts = _read_counters(site)
                runs.append(
                    FloodRun(
                        server.name,
                        scenario.name,
                        round_number,
                        delays,
                        counts.get("shed"),
                        counts.get("dropped"),
                        counts.get("limited"),
                        sent_rate,
                    )
                )

    return Fairness(
        here=plan.here,
        titles={server.name: server.title for server in installed},
        versions={server.name: running.read_version(server) for server in installed},
        missing=[server.title for server in plan.servers if server not in installed],
        floods={scenario.name: scenario.title for scenario in plan.scenarios},
        services=len(generated.services),
        rounds=plan.rounds,
        seconds=plan.seconds,
        runs=runs,
    )


@contextlib.contextmanager
def _run_upstream(cores: Cores, *, is_silent: bool) -> Iterator[int]:
    """An upstream on loopback; yields its port."""
    if not is_silent:
        with external_names.run_upstream((cores.helper,)) as port:
            yield port
        return

    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def _measure(
    scenario: Scenario, site: ServerSite, questions: Path, cores: Cores, seconds: float
) -> tuple[victim.Delays, float | None]:
    """What the other client sees, and the queries a second that the flood sent."""
    names = victim.read_names(questions)
    victim.measure(site.port, names, FLOOD_LEAD)
    with _run_flood(scenario, site.port, questions, cores, seconds) as process:
        delays = victim.measure(site.port, names, seconds)
        if process is None:
            return delays, None

        process.send_signal(signal.SIGTERM)
        text, _ = process.communicate(timeout=10)
        return delays, float(text)


@contextlib.contextmanager
def _run_flood(
    scenario: Scenario, port: int, questions: Path, cores: Cores, seconds: float
) -> Iterator["subprocess.Popen[str] | None"]:
    if scenario.rate is None:
        yield None
        return

    arguments = [str(port), str(scenario.rate), str(seconds + 60)]
    arguments.append(flood.RANDOM if scenario.is_outside else str(questions))
    command = [sys.executable, "-m", "benchmarks.fairness.flood", *arguments]
    pinned = processes.pin_command(cores.load, ["nice", "-n", "5", *command])
    process = subprocess.Popen(pinned, stdout=subprocess.PIPE, text=True)
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(FLOOD_LEAD)
            raise running.ServerError("the flood ended at once; run it by hand: " + " ".join(command))
        yield process
    finally:
        process.kill()
        process.communicate()


def _read_counters(site: ServerSite) -> dict[str, int]:
    """Each of COUNTERS; empty where a server has no metrics."""
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{site.metrics}/metrics", timeout=10) as reply,
    ):
        return read_counters(reply.read().decode())
    return {}


def read_counters(page: str) -> dict[str, int]:
    """The sum of the samples of each of COUNTERS in a page of metrics."""
    return {
        name: sum(int(float(value)) for value in re.findall(rf"^{sample} (\S+)$", page, re.MULTILINE))
        for name, sample in COUNTERS.items()
    }
