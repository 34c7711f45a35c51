"""What one process of `python -m tests.fuzz` does: rounds of the targets, each with its share of the time."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.synchronize import Event
from typing import NamedTuple

from hypothesis import HealthCheck, settings

from tests.fuzz import linked_checks
from tests.fuzz.targets import LINKED_WORLDS, TARGETS, tried

ROUND = 100
"""Inputs after which another target has its turn, and the clock is looked at."""
WORLDS_A_SECOND = 180
"""Linked worlds that are wanted of all processes: 108,000 in 600 s."""
LINKED_WEIGHT = 60
"""While they are fewer, they get so many times the time of any other target."""


class Share(NamedTuple):
    """What all processes do together."""

    seconds: float
    targets: tuple[str, ...]
    first_seed: int
    processes: int


_stop: Event


def begin(stop: Event) -> None:
    """Once in a process: `stop` is set when another one has a finding."""
    global _stop
    _stop = stop
    logging.disable(logging.CRITICAL)  # odd objects are told, a thousand times here


def run_share(share: Share, number: int) -> Counter[str]:
    """The inputs that this process tried, by target."""
    began = time.monotonic()
    rounds = _rounds(share, number)
    spent = dict.fromkeys(rounds, 0.0)

    while not _stop.is_set() and (now := time.monotonic()) < began + share.seconds:
        wanted_worlds = WORLDS_A_SECOND * (now - began) / share.processes
        weights = {LINKED_WORLDS: LINKED_WEIGHT} if tried[LINKED_WORLDS] < wanted_worlds else {}
        name = min(spent, key=lambda target: spent[target] / weights.get(target, 1))
        rounds[name]()
        spent[name] += time.monotonic() - now
    return tried


def _rounds(share: Share, number: int) -> dict[str, Callable[[], None]]:
    """For each target what tries some more inputs."""
    profile = settings(
        max_examples=ROUND,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    rounds: dict[str, Callable[[], None]] = {target.__name__: profile(target) for target in TARGETS}
    seed = share.first_seed + number

    def check_more() -> None:
        nonlocal seed
        check_worlds(range(seed, seed + ROUND * share.processes, share.processes))
        seed += ROUND * share.processes

    rounds[LINKED_WORLDS] = check_more
    return {name: rounds[name] for name in share.targets}


def check_worlds(seeds: range) -> None:
    """After any history the table of a cluster is as made anew, and answers as the oracle says."""
    for seed in seeds:
        try:
            linked_checks.check_world(seed)
        except BaseException as error:
            error.add_note(f"Again: python -m tests.fuzz --seed {seed} {LINKED_WORLDS}")
            raise
        tried[LINKED_WORLDS] += 1
