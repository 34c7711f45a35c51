"""Measure how svcdns grows: over workers, and over the size of the cluster; into RESULTS.md and its charts.

Objects come from an API server of the benchmark's own over HTTP. Everything is on loopback and ends with
the run.
"""

import argparse
import sys

from benchmarks import (
    command_line,
    dnsperf,
    machine,
    prerequisites,
    report,
)
from benchmarks.scale import answer_poller, run
from benchmarks.servers import SERVERS, running, trees

EXAMPLES = """\
examples:
  python -m benchmarks.scale                            all of it: 13 minutes
  python -m benchmarks.scale --quick                    100 and 1,000 Services, once: a minute
  python -m benchmarks.scale --sizes 10000 --workers    starts, memory and events of one size
  python -m benchmarks.scale --folder benchmarks/out    leave RESULTS.md alone
  python -m benchmarks.scale --tree old=../svcdns-old   beside another checkout; writes to benchmarks/out
"""


def main() -> int:
    """Measure what the command line says."""
    options = arguments()
    cores, available = prerequisites.prepare()
    plan = run.ScalePlan(
        servers=trees.insert_trees(SERVERS, options.trees),
        trees=options.trees,
        sizes=options.sizes,
        workers=options.workers,
        rounds=options.rounds,
        seconds=options.seconds,
        churn_seconds=options.churn,
        extra_size=options.at,
        available_cores=available,
        here=machine.describe_run("benchmarks.scale"),
    )

    return command_line.run_and_report(
        lambda folder, progress: run.run(plan, folder, cores, progress),
        report.scale.text,
        command_line.choose_folder(options),
        *(dnsperf.LoadError, running.ServerError, answer_poller.AnswerTimeoutError),
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = command_line.make_parser("benchmarks.scale", __doc__, EXAMPLES)
    parser.add_argument("--quick", action="store_true", help="two small sizes, one round, short runs")
    parser.add_argument("--sizes", type=int, nargs="+", metavar="N", help="Services of each cluster")
    parser.add_argument("--at", type=int, metavar="N", help="the size for changes, relists and workers")
    parser.add_argument("--workers", type=int, nargs="*", metavar="N", help="numbers of workers")
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved rounds")
    parser.add_argument("--seconds", type=float, metavar="S", help="seconds of one run")
    parser.add_argument("--churn", type=float, metavar="S", help="seconds of 1,000 changes a second")
    command_line.add_common_options(parser)
    options = parser.parse_args()
    usual = (
        {"sizes": [100, 1000], "workers": [1, 2], "rounds": 1, "seconds": 0.5, "churn": 3.0}
        if options.quick
        else {
            "sizes": [100, 1000, 10_000, 50_000],
            "workers": [1, 2, 4],
            "rounds": 5,
            "seconds": 2.0,
            "churn": 60.0,
        }
    )
    for name, value in usual.items():
        if getattr(options, name) is None:
            setattr(options, name, value)

    sizes = sorted(options.sizes)
    options.at = options.at or min((size for size in sizes if size >= 10_000), default=sizes[-1])
    options.sizes = sizes

    return options


if __name__ == "__main__":
    sys.exit(main())
