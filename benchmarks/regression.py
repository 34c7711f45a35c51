"""Notice a pure part that has become much slower: `make bench-check`, for CI.

Absolute times depend on the machine. So each part is timed against a loop of this file that never
changes, in turns and within one run, by the CPU time of the thread; of many short runs the fastest
counts, which is what the code takes where nothing disturbs it. A part fails where it takes more
than SLACK times its usual multiple of the loop. `--prove` then does every part twice over, and fails
where that goes unnoticed.
"""

import gc
import sys
import time
from collections.abc import Mapping, Sequence

from benchmarks import command_line, micro_cases
from benchmarks.micro_cases import Case, Work
from benchmarks.report import tables

ROUNDS = 200
"""Short runs of each part: with so many, one at least is undisturbed on a busy machine."""

MAX_SLOWDOWN = 1.6
"""Python 3.11 to 3.13 were seen between 0.9 and 1.2 of the usual, on a busy machine too."""

BASELINE = {
    "respond, A": 3.9,
    "respond, NXDOMAIN": 1.6,
    "respond, headless, 10 addresses": 1.9,
    "respond, the mix": 2.8,
    "respond, a reply that is kept": 0.23,
    "compile a Service": 81.0,
    "apply a change": 290.0,
    "decode an event": 37.0,
}
"""Multiples of the reference. After an intended change: what this prints, on a quiet machine."""

EXAMPLES = """\
examples:
  python -m benchmarks.regression               3 seconds
  python -m benchmarks.regression --prove       and that twice the work would be noticed
"""


def main() -> int:
    """1 where a part is too slow, or where twice the work goes unnoticed."""
    parser = command_line.make_parser("benchmarks.regression", __doc__, EXAMPLES)
    parser.add_argument("--prove", action="store_true", help="show that twice the work is noticed")
    options = parser.parse_args()
    cases = micro_cases.make_cases(packets=32, items=8)
    multiples = measure_multiples(cases)
    print(format_table(multiples))
    if slow := find_slow(multiples):
        print(f"bench-check: slower than it may be: {', '.join(slow)}", file=sys.stderr)
        return 1

    if options.prove:
        twice = measure_multiples([Case(case.title, case.calls, do_twice(case.work)) for case in cases])
        noticed = find_slow(twice)
        print(f"Twice the work is noticed in {len(noticed)} of {len(cases)} parts.")
        if not noticed:
            print("bench-check: all parts are faster than usual: write down what they take", file=sys.stderr)
            return 1

    return 0


def find_slow(multiples_by_title: Mapping[str, float], baseline: Mapping[str, float] = BASELINE) -> list[str]:
    """The parts that take too much of the reference."""
    return [
        title for title, multiple in multiples_by_title.items() if multiple > MAX_SLOWDOWN * baseline[title]
    ]


def format_table(multiples_by_title: Mapping[str, float]) -> str:
    """A row for each part, with its usual multiple."""
    rows = [
        [title, f"{multiple:,.2f}", f"{BASELINE[title]:,.2f}", f"{multiple / BASELINE[title]:.2f}"]
        for title, multiple in multiples_by_title.items()
    ]
    return tables.format_markdown(["times the reference", "now", "usual", "ratio"], rows)


def measure_multiples(cases: Sequence[Case], rounds: int = ROUNDS) -> dict[str, float]:
    """How many times the reference each case takes, per call."""
    loop = make_reference()
    least: dict[str, float] = {}

    # A collection would fall into some runs and not into others.
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for case in (loop, *cases):
                # The fastest run is the one that nothing disturbed.
                seconds = measure_cpu_time(case.work) / case.calls
                least[case.title] = min(least.get(case.title, seconds), seconds)
    finally:
        gc.enable()

    return {case.title: least[case.title] / least[loop.title] for case in cases}


def measure_cpu_time(work: Work) -> float:
    """CPU seconds of this thread."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def do_twice(work: Work) -> Work:
    """Work that does the same twice."""
    return lambda: (work(), work())


def make_reference() -> Case:
    """What the least possible responder would do: cut, fold, look up, join."""
    packets = [bytes(12) + b"\7Service\4team\3svc" + bytes([number]) + b"\0\0\1\0\1" for number in range(32)]
    table = {packet[12:30].lower(): packet[12:] for packet in packets}

    def work() -> None:
        for packet in packets:
            name = packet[12 : packet.find(b"\0", 12)].lower()
            value = table.get(name) or packet
            b"".join((packet[:2], value[2:4], packet[12:], value[4:]))

    return Case("reference", len(packets), work)


if __name__ == "__main__":
    sys.exit(main())
