"""Measure whether one client's flood delays another client's names of the cluster; into RESULTS.md.

A client asks 200 names of the cluster a second, while another one floods the server. Everything is on
loopback and ends with the run.
"""

import argparse
import sys

from benchmarks import command_line, machine, prerequisites, report
from benchmarks.fairness import run, scenarios
from benchmarks.servers import running, trees

EXAMPLES = """\
examples:
  python -m benchmarks.fairness                            all servers and floods, 5 rounds of 4 s: 12 minutes
  python -m benchmarks.fairness --quick                    once, 2 s each: a minute
  python -m benchmarks.fairness --servers svcdns --floods calm outside silent --rounds 3
  python -m benchmarks.fairness --folder benchmarks/out    leave RESULTS.md alone
  python -m benchmarks.fairness --tree old=../svcdns-old   beside another checkout; writes to benchmarks/out
"""


def main() -> int:
    """Measure what the command line says."""
    options = arguments()
    cores, _ = prerequisites.prepare()
    selected = [scenarios.SERVERS[name] for name in options.servers]
    plan = run.FairnessPlan(
        servers=trees.insert_trees(selected, options.trees),
        scenarios=[scenario for scenario in scenarios.SCENARIOS if scenario.name in options.floods],
        services=options.services,
        rounds=options.rounds,
        seconds=options.seconds,
        here=machine.describe_run("benchmarks.fairness"),
    )
    return command_line.run_and_report(
        lambda folder, progress: run.run(plan, folder, cores, progress),
        report.fairness.text,
        command_line.choose_folder(options),
        running.ServerError,
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = command_line.make_parser("benchmarks.fairness", __doc__, EXAMPLES)
    parser.add_argument("--quick", action="store_true", help="one round of 2 s instead of 5 of 4 s")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds, instead")
    parser.add_argument("--seconds", type=float, metavar="S", help="seconds of one run, instead")
    flood_names = [scenario.name for scenario in scenarios.SCENARIOS]
    for flag, choices in (("--servers", list(scenarios.SERVERS)), ("--floods", flood_names)):
        text = f"only these, of {', '.join(choices)}"
        parser.add_argument(flag, nargs="+", metavar="NAME", choices=choices, default=choices, help=text)

    parser.add_argument("--services", type=int, metavar="N", default=2_000, help="Services of the cluster")
    command_line.add_common_options(parser)
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.seconds = options.seconds or (2.0 if options.quick else 4.0)

    return options


if __name__ == "__main__":
    sys.exit(main())
