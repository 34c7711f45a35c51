"""Time the pure parts with pyperf, and write them into RESULTS.md.

pyperf takes its own options: --fast, --rigorous, --affinity CPU, -o FILE for all it measured. One
benchmark runs in several processes of its own, one after the other.
"""

import argparse
import sys
from pathlib import Path

import pyperf

from benchmarks import (
    command_line,
    machine,
    micro_cases,
    report,
    results,
)
from benchmarks.results import Micro, Timing

EXAMPLES = """\
examples:
  python -m benchmarks.micro                         about two minutes
  python -m benchmarks.micro --fast --affinity 1     half of it, on one core
  python -m benchmarks.micro -o before.json          then: python -m pyperf compare_to before.json after.json
"""


def main() -> int:
    """Measure; this is run in each of pyperf's processes too."""
    runner = pyperf.Runner(processes=10, program_args=("-m", "benchmarks.micro"))
    runner.argparser.description, runner.argparser.epilog = __doc__, EXAMPLES
    runner.argparser.formatter_class = argparse.RawDescriptionHelpFormatter
    runner.argparser.add_argument(
        "--folder", type=Path, default=command_line.RESULTS_FOLDER, help="where RESULTS.md is"
    )
    timings = []
    for case in micro_cases.make_cases(packets=256, items=128):
        benchmark = runner.bench_func(case.title, case.work, inner_loops=case.calls)
        if benchmark is not None and not runner.args.worker:
            timings.append(Timing(case.title, benchmark.mean() * 1e6, benchmark.stdev() * 1e6))

    if timings:
        folder = runner.args.folder
        results.save(Micro(machine.describe_run("benchmarks.micro"), timings), folder / "results")
        print(f"Written to {report.write(folder)}", file=sys.stderr)

    return 0


if __name__ == "__main__":
    sys.exit(main())
