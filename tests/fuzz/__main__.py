"""`python -m tests.fuzz --seconds N`: every target in turn until the time is over."""

import argparse
import logging
import time

from hypothesis import HealthCheck, settings

from tests.fuzz.targets import TARGETS, tried

ROUND = 1000


def main() -> None:
    """Print each target with its invariant, then how many inputs were tried."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long in all (default: %(default)s)")
    parser.add_argument("targets", nargs="*", help="names of targets (default: all)")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # odd objects are told, a thousand times here
    chosen = [target for target in TARGETS if not arguments.targets or target.__name__ in arguments.targets]
    for target in chosen:
        print(f"{target.__name__}: {target.__doc__}", flush=True)
    end = time.monotonic() + arguments.seconds
    profile = settings(
        max_examples=ROUND,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    runs = [profile(target) for target in chosen]
    while time.monotonic() < end:
        for run in runs:
            run()
    print(", ".join(f"{name}: {count} inputs" for name, count in tried.items()))
    print(f"{sum(tried.values())} inputs tried in {arguments.seconds:.0f} s, no finding")


if __name__ == "__main__":
    main()
