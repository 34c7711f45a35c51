"""Rounds of all faults in a random order, each under load, until the time is over; 1 where one was not borne.

A round takes some 20 minutes. Each line says what happened, how long it took to heal, what the load
has counted in this round so far, and how much memory the server has (PSS).
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tests import disks, running
from tests.faults import clock, processes, source
from tests.faults.source import Fault
from tests.faults.world import World, world

RATE = 300
"""Queries a second."""


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    try:
        asyncio.run(soak(time.monotonic() + 60 * given.minutes, random.Random(given.seed)))
    except AssertionError as error:
        print(f"FAILED: {error}")
        return 1
    print("every fault was borne: no answer was lost, and none was wrong")
    return 0


async def soak(end: float, dice: random.Random) -> None:
    """Rounds until `end`; after it no other fault begins."""
    has_clock = clock.LIBRARY is not None
    for missing, needs in (
        (not has_clock, "libfaketime: no clock jumps"),
        (not disks.works(), "unshare: no disk is full"),
    ):
        if missing:
            print(f"without {needs}")
    while time.monotonic() < end:
        usual = [*source.FAULTS, *processes.FAULTS, *([processes.CLOCK] if has_clock else [])]
        dice.shuffle(usual)
        with tempfile.TemporaryDirectory() as folder:
            async with world(Path(folder), rate=RATE, with_clock=has_clock) as made:
                await happen(usual, made, end)
        if disks.works():
            with tempfile.TemporaryDirectory() as folder:
                async with world(Path(folder), rate=RATE, disk="size=1m") as made:
                    await happen([processes.DISK], made, end)


async def happen(faults: Iterable[Fault], made: World, end: float) -> None:
    """One after the other."""
    for fault in faults:
        if time.monotonic() > end:
            return
        borne = await source.happens(fault, made)
        made.load.check_all()
        print(f"{borne}; {memory(made.pid)} MiB", flush=True)


def memory(pid: int) -> int:
    """Of all processes of a server."""
    files = [Path(f"/proc/{one}/smaps_rollup") for one in (pid, *running.children(pid))]
    return sum(int(found) for file in files for found in re.findall(r"\nPss: +(\d+)", file.read_text())) >> 10


if __name__ == "__main__":
    sys.exit(main())
