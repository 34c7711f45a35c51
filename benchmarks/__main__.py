"""Measure svcdns beside NSD, Knot, Unbound and BIND, and write RESULTS.md and its charts.

Everything is on loopback and ends with the run.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import load, machine, peers, prerequisites, queries, report, results
from benchmarks.progress import Progress
from benchmarks.servers import SERVERS

EXAMPLES = """\
examples:
  python -m benchmarks                            all servers and workloads, 2 rounds of 1 s: 4 minutes
  python -m benchmarks --full                     5 rounds of 2 s, for the figures that count: 16 minutes
  python -m benchmarks --workloads mix --servers svcdns nsd    what a change has done to the hot path
  python -m benchmarks --folder benchmarks/out    leave RESULTS.md alone
  python -m benchmarks.scale                      workers and cluster sizes
"""


def main() -> int:
    """Measure what the command line says."""
    options = arguments()
    cores, _ = prerequisites.prepare()
    plan = peers.Plan(
        servers=[server for server in SERVERS if server.name in options.servers],
        workloads=[workload for workload in queries.WORKLOADS if workload.name in options.workloads],
        services=options.services,
        rounds=options.rounds,
        seconds=options.seconds,
        here=machine.here("benchmarks"),
    )
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="svcdns-bench-") as folder:
        try:
            found = peers.run(plan, Path(folder), cores, progress)
        except load.LoadError as error:
            progress.end(f"bench: {error}")
            return 1
    results.save(found, options.folder / "results")
    print(report.peers.text(found), end="")
    progress.end(f"Written to {report.write(options.folder)}")
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [server.name for server in SERVERS]
    workloads = [workload.name for workload in queries.WORKLOADS]
    parser.add_argument("--full", action="store_true", help="5 rounds of 2 s instead of 2 of 1 s")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds, instead")
    parser.add_argument("--seconds", type=float, metavar="S", help="seconds of one run, instead")
    for flag, known in (("--servers", names), ("--workloads", workloads)):
        text = f"only these, of {', '.join(known)}"
        parser.add_argument(flag, nargs="+", metavar="NAME", choices=known, default=known, help=text)
    parser.add_argument("--services", type=int, metavar="N", default=10_000, help="Services of the cluster")
    parser.add_argument(
        "--folder", type=Path, metavar="FOLDER", default=Path(__file__).parent, help="where to write"
    )
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.full else 2)
    options.seconds = options.seconds or (2.0 if options.full else 1.0)
    return options


if __name__ == "__main__":
    sys.exit(main())
