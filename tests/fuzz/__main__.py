"""`python -m tests.fuzz --seconds N`: every target until the time is over, in two processes."""

import argparse
import logging
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

from hypothesis import HealthCheck, settings

from tests.fuzz.targets import TARGETS, tried

ROUND = 100
"""Inputs of a target between two looks at the clock."""

OWN_PROCESS = "linked_objects"
"""The target that takes longest for an input, and needs most of them."""


def main() -> None:
    """Print each target with its invariant, then how many inputs were tried."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long in all (default: %(default)s)")
    parser.add_argument("targets", nargs="*", help="names of targets (default: all)")
    arguments = parser.parse_args()

    names = [target.__name__ for target in TARGETS]
    chosen = arguments.targets or names
    if unknown := sorted(set(chosen) - set(names)):
        parser.error(f"no target {unknown[0]}; there are {', '.join(names)}")
    for target in TARGETS:
        if target.__name__ in chosen:
            print(f"{target.__name__}: {target.__doc__}", flush=True)

    groups = [
        [name for name in chosen if name != OWN_PROCESS],
        [name for name in chosen if name == OWN_PROCESS],
    ]
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor() as pool:
        runs = [pool.submit(run_until_over, group, arguments.seconds) for group in groups if group]
        for run in as_completed(runs):
            counts += run.result()

    print(", ".join(f"{name}: {count} inputs" for name, count in counts.items()))
    print(f"{counts.total()} inputs tried in {arguments.seconds:.0f} s, no finding")


def run_until_over(names: list[str], seconds: float) -> Counter[str]:
    """Try the targets in turn, and return how many inputs each had; raises what hypothesis found."""
    logging.disable(logging.CRITICAL)  # odd objects are told, a thousand times here
    profile = settings(
        max_examples=ROUND,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    runs = [profile(target) for target in TARGETS if target.__name__ in names]
    end = time.monotonic() + seconds
    while True:
        for run in runs:
            if time.monotonic() >= end:
                return tried
            run()


if __name__ == "__main__":
    main()
