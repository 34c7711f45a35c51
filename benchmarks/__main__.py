"""Measure svcdns beside NSD, Knot, Unbound and BIND, and write RESULTS.md and its charts.

Everything is on loopback and ends with the run.
"""

import argparse
import sys

from benchmarks import (
    command_line,
    dnsperf,
    machine,
    peers,
    prerequisites,
    queries,
    report,
)
from benchmarks.servers import SERVERS, trees

EXAMPLES = """\
examples:
  python -m benchmarks                            all servers and workloads, 2 rounds of 1 s: 5 minutes
  python -m benchmarks --full                     5 rounds of 1.5 s, for the figures that count: 17 minutes
  python -m benchmarks --workloads mix --servers svcdns nsd    what a change has done to the hot path
  python -m benchmarks --folder benchmarks/out    leave RESULTS.md alone
  python -m benchmarks --tree old=../svcdns-old   beside another checkout; writes to benchmarks/out
  python -m benchmarks.scale                      workers and cluster sizes
"""


def main() -> int:
    """Measure what the command line says."""
    options = arguments()
    cores, _ = prerequisites.prepare()
    selected = [server for server in SERVERS if server.name in options.servers]
    plan = peers.PeersPlan(
        servers=trees.insert_trees(selected, options.trees),
        trees=[tree.name for tree in options.trees],
        workloads=[workload for workload in queries.WORKLOADS if workload.name in options.workloads],
        services=options.services,
        rounds=options.rounds,
        seconds=options.seconds,
        here=machine.describe_run("benchmarks"),
    )

    return command_line.run_and_report(
        lambda folder, progress: peers.run(plan, folder, cores, progress),
        report.peers.text,
        command_line.choose_folder(options),
        dnsperf.LoadError,
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = command_line.make_parser("benchmarks", __doc__, EXAMPLES)
    names = [server.name for server in SERVERS]
    workloads = [workload.name for workload in queries.WORKLOADS]
    parser.add_argument("--full", action="store_true", help="5 rounds of 1.5 s instead of 2 of 1 s")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds, instead")
    parser.add_argument("--seconds", type=float, metavar="S", help="seconds of one run, instead")
    for flag, choices in (("--servers", names), ("--workloads", workloads)):
        text = f"only these, of {', '.join(choices)}"
        parser.add_argument(flag, nargs="+", metavar="NAME", choices=choices, default=choices, help=text)

    parser.add_argument("--services", type=int, metavar="N", default=10_000, help="Services of the cluster")
    command_line.add_common_options(parser)
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.full else 2)
    options.seconds = options.seconds or (1.5 if options.full else 1.0)

    return options


if __name__ == "__main__":
    sys.exit(main())
