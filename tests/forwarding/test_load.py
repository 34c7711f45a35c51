"""100,000 questions through upstreams that do everything wrong: each gets its answer, and the right one."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.asking import Address
from tests.forwarding import served
from tests.forwarding.hostile import FAULTS, hostile
from tests.forwarding.load import Load
from tests.forwarding.truth import FORGERIES

OFTEN = 2_000
"""Names that are asked for again and again."""


async def test_every_answer_is_right(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Some forgers have guessed port and id: what is left to guess is the case of the name."""
    done, message = await ask(tmp_path, 58_000, 42_000, FORGERIES, "--forward-mixed-case")
    record_property("printed", message)
    assert not [fault for fault in (*FAULTS, *FORGERIES) if not done[fault]]


async def test_every_answer_is_right_whose_case_is_not_compared(tmp_path: Path) -> None:
    await ask(tmp_path, 8_000, 2_000, [kind for kind in FORGERIES if kind != "other case"])


async def ask(
    folder: Path, once: int, often: int, forgeries: Sequence[str], *arguments: str
) -> tuple[Counter[str], str]:
    """So many questions that are asked once, and others; what the upstreams did, and a line for people."""
    hot = range(once, once + OFTEN)
    numbers = [*range(once), *itertools.islice(itertools.cycle(hot), often)]
    random.Random(1).shuffle(numbers)
    load = Load()
    async with hostile(0, forgeries) as first, hostile(1, forgeries) as second:
        forward = served.forward(first.address[1], second.address[1])
        async with served.running(folder, *forward, "--workers", "2", *arguments) as server:
            began = time.monotonic()
            await load.ask(server.address, numbers)
            seconds = time.monotonic() - began
            log = server.log.read_text()
            await what_is_kept_counts_down(load, server.address, hot)

    done = first.done + second.done
    assert not load.wrong, "\n".join(load.wrong[:20])
    assert not load.lost
    assert load.answered == len(numbers) + OFTEN
    assert load.asked_again <= len(numbers) / 1000
    assert done["asked"] < (once + 2 * OFTEN) * 1.1, "what is kept is not asked for"
    assert "Traceback" not in log
    assert "is down" not in log
    message = f"{len(numbers)} in {seconds:.1f} s; asked again {load.asked_again}; upstreams: {dict(done)}"

    return done, message


async def what_is_kept_counts_down(load: Load, at: Address, numbers: Sequence[int]) -> None:
    await asyncio.sleep(1.1)
    before = load.counted_down
    await load.ask(at, numbers)
    assert load.counted_down - before > len(numbers) * 0.4, "in one of two workers at least"
