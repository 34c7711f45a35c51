"""`python -m tests.fuzz --seconds N`: every target in turn until the time is over, on all processors."""

import argparse
import multiprocessing
import os
import secrets
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait

from tests.fuzz import shares
from tests.fuzz.shares import Share
from tests.fuzz.targets import LINKED_WORLDS, TARGETS

DOCS = {target.__name__: target.__doc__ for target in TARGETS} | {LINKED_WORLDS: shares.check_worlds.__doc__}


def main() -> None:
    """Print each target with its invariant, then how many inputs were tried."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long in all (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**9), help="the first linked world (default: random)"
    )
    parser.add_argument("targets", nargs="*", help="names of targets (default: all)")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - DOCS.keys():
        parser.error(f"no target {min(unknown)}; there are {', '.join(DOCS)}")

    chosen = tuple(name for name in DOCS if not arguments.targets or name in arguments.targets)
    for name in chosen:
        print(f"{name}: {DOCS[name]}")
    print(f"The first linked world is --seed {arguments.seed}.", flush=True)

    processes = len(os.sched_getaffinity(0))
    tried = run_processes(processes, Share(arguments.seconds, chosen, arguments.seed, processes))
    print(", ".join(f"{name}: {tried[name]} inputs" for name in chosen))
    print(f"{tried.total()} inputs in {arguments.seconds:.0f} s in {processes} processes, no finding")


def run_processes(processes: int, share: Share) -> Counter[str]:
    """The inputs of all processes by target; raises what the first finding raised."""
    # Fresh processes: a fork would have this one's random state, and try the same inputs.
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(processes, context, shares.begin, (stop,)) as executor:
        running = {executor.submit(shares.run_share, share, number) for number in range(processes)}
        tried: Counter[str] = Counter()
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                if future.exception():
                    stop.set()
                tried += future.result()
        return tried


if __name__ == "__main__":
    main()
