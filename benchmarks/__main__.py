"""`make bench`: measure, print the tables, write RESULTS.md."""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks import (
    agreement,
    cluster,
    figures,
    load,
    manifests,
    processes,
    queries,
    report,
    servers,
    zones,
)
from benchmarks.commands import Site
from benchmarks.measure import SERVER_CORE, Bench, Cell, Measurement

RATES = (2_000, 10_000, 20_000)
"""Queries a second at which CPU per query is measured too."""


def main() -> int:
    """Measure what the command line says."""
    options = arguments()
    if lacking := prerequisite():
        print(lacking, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="svcdns-bench-") as folder:
        try:
            text = bench(options, Path(folder))
        except load.LoadError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    print(text, end="")
    options.output.write_text(text)
    print(f"\nWritten to {options.output}", file=sys.stderr)
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [server.name for server in servers.SERVERS]
    workloads = [workload.name for workload in queries.WORKLOADS]
    parser.add_argument("--full", action="store_true", help="5 rounds of 5 s instead of 3 of 1 s")
    parser.add_argument("--rounds", type=int, help="rounds, instead")
    parser.add_argument("--seconds", type=float, help="seconds of one run, instead")
    parser.add_argument("--servers", nargs="+", choices=names, default=names, help="only these")
    parser.add_argument("--workloads", nargs="+", choices=workloads, default=workloads, help="only these")
    parser.add_argument("--services", type=int, default=10_000, help="Services of the cluster")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.full else 3)
    options.seconds = options.seconds or (5.0 if options.full else 1.0)
    return options


def prerequisite() -> str | None:
    """What is missing to measure at all, and how to get it."""
    for program, package in (("dnsperf", "dnsperf"), ("taskset", "util-linux")):
        if not shutil.which(program):
            return f"bench: {program} is missing; on Debian and Ubuntu: apt install {package}"
    if (os.cpu_count() or 1) < 2:
        return "bench: two cores are needed, one for the server and one for the load"
    return None


def bench(options: argparse.Namespace, folder: Path) -> str:
    """Start the servers, measure, and return the report."""
    made = cluster.build(options.services)
    questions = queries.write(made, folder)
    missing: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        running = list(start(options, made, folder, stack, missing))
        different = list(agreement.differences(running, questions))
        measured = measure(Bench(running, questions, folder / "dnsperf.log"), options)
        memory = {one.server.name: processes.memory(one.pid) for one in running}
    progress("")
    shown = [one.server for one in running]
    run = report.Run(
        servers=shown,
        versions={server.name: servers.version(server) for server in shown},
        missing=missing,
        memory=memory,
        differences=different,
        rates=RATES,
        common_rate=common_rate(measured),
        services=len(made.services),
        endpoints=sum(len(service.endpoints) for service in made.services),
        rounds=options.rounds,
        seconds=options.seconds,
        command=" ".join(("python -m benchmarks", *sys.argv[1:])),
    )
    return report.write(run, figures.Figures(measured), figures.targets(RATES, run.common_rate))


def start(
    options: argparse.Namespace,
    made: cluster.Cluster,
    folder: Path,
    stack: contextlib.ExitStack,
    missing: dict[str, str],
) -> Iterator[servers.Running]:
    """Start the chosen servers; those that cannot be are named in `missing`."""
    # In a folder of its own: svcdns watches it, and the load's log is written beside.
    manifest = folder / "manifests" / "cluster.json"
    manifest.parent.mkdir()
    manifests.write(made, manifest)
    files = zones.write(made, folder)
    for server in servers.SERVERS:
        if server.name not in options.servers:
            continue
        if not servers.installed(server):
            missing[server.title] = f"not installed (Debian: {server.package})"
            continue
        progress(f"starting {server.title}")
        site = Site(folder / server.name, processes.free_port(), files, manifest)
        try:
            yield stack.enter_context(servers.running(server, site, SERVER_CORE))
        except servers.ServerError as error:
            print(error, file=sys.stderr)
            missing[server.title] = "it did not start"


def measure(rig: Bench, options: argparse.Namespace) -> list[Measurement]:
    """Saturation and the fixed rates first, then latency at the rate that follows from them."""
    chosen = [workload for workload in queries.WORKLOADS if workload.name in options.workloads]
    mix = queries.WORKLOADS[0]
    if mix not in chosen:
        return collect(rig, [Cell(workload) for workload in chosen], options)
    cells = [*(Cell(workload) for workload in chosen), *(Cell(mix, rate) for rate in RATES)]
    measured = collect(rig, cells, options)
    rate = common_rate(measured)
    return measured if rate in RATES else measured + collect(rig, [Cell(mix, rate)], options)


def collect(rig: Bench, cells: Sequence[Cell], options: argparse.Namespace) -> list[Measurement]:
    """Measure the cells, telling how far it is."""
    total = options.rounds * len(cells) * len(rig.running)
    measured = []
    for one in rig.rounds(cells, options.rounds, options.seconds):
        measured.append(one)
        progress(f"{len(measured)}/{total}: {one.cell.workload.title}, {one.server}, {one.cost:.1f} us")
    return measured


def common_rate(measured: Sequence[Measurement]) -> int:
    """Half of what the slowest server answered of the mix, in thousands; 0 where it was not asked."""
    reached: dict[str, list[float]] = {}
    for one in measured:
        if one.cell == Cell(queries.WORKLOADS[0]):
            reached.setdefault(one.server, []).append(one.answered)
    return int(min(map(median, reached.values()), default=0) / 2 // 1000 * 1000)


def progress(text: str) -> None:
    """One line on a terminal that is written over; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
