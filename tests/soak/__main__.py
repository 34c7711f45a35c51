"""Rounds of all faults in a random order, each under load, until the time is over; 1 where one was not borne.

A round takes some 20 minutes. Each line says what happened, how long it took to heal, what came of the
queries meanwhile, and how much memory the server has (PSS); the last ones are for all of them. An answer is
lost that does not come to 20 tries, a second apart.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests import disks, running
from tests.faults import clock, processes, source
from tests.faults.load import NOTHING, Counts
from tests.faults.source import Fault
from tests.faults.world import World, world

RATE = 300
"""Queries a second."""


@dataclass(slots=True)
class Account:
    """Of all rounds: faults, what came of queries, and the memory after each fault (MiB)."""

    counts: Counts = NOTHING
    memory: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        memory = self.memory or [0]
        return (
            f"{len(self.memory)} faults: {self.counts}\n"
            f"memory: {memory[0]} MiB after the first, {memory[-1]} after the last, {max(memory)} at most"
        )


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    account = Account()
    try:
        asyncio.run(soak(time.monotonic() + 60 * arguments.minutes, random.Random(arguments.seed), account))
    except AssertionError as error:
        print(f"{account}\nFAILED: {error}")
        return 1
    print(f"{account}\nevery fault was borne: no answer was lost, and none was wrong")
    return 0


async def soak(end: float, dice: random.Random, account: Account) -> None:
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
            async with world(Path(folder), rate=RATE, with_clock=has_clock) as new_world:
                await happen(usual, new_world, end, account)
        if disks.works():
            with tempfile.TemporaryDirectory() as folder:
                async with world(Path(folder), rate=RATE, disk="size=1m") as new_world:
                    await happen([processes.DISK], new_world, end, account)


async def happen(faults: Iterable[Fault], new_world: World, end: float, account: Account) -> None:
    """One after the other."""
    for fault in faults:
        if time.monotonic() > end:
            return
        borne = await source.happens(fault, new_world)
        account.counts += borne.counts
        account.memory.append(memory(new_world.pid))
        print(f"{borne}; {account.memory[-1]} MiB", flush=True)
        new_world.load.check_all()


def memory(pid: int) -> int:
    """Of all processes of a server."""
    files = [Path(f"/proc/{process}/smaps_rollup") for process in (pid, *running.children(pid))]
    return (
        sum(int(kilobytes) for file in files for kilobytes in re.findall(r"\nPss: +(\d+)", file.read_text()))
        >> 10
    )


if __name__ == "__main__":
    sys.exit(main())
