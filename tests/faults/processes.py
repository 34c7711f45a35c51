"""What happens to the server itself: to its processes, its files, its disk and its clock."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import running
from tests.faults import clock
from tests.faults.source import Fault
from tests.faults.world import World


async def the_watcher_is_killed(world: World) -> None:
    """As by the kernel, for the memory of a relist."""
    lists = world.log().count("ready: ")
    await _kill(world, running.watcher(world.pid))
    await running.until(lambda: world.log().count("ready: ") > lists, "its list")


async def a_worker_is_killed(world: World) -> None:
    """The other one answers on, and what waits in its sockets is for the next."""
    await _kill(world, world.cluster.dice.choice(running.workers(world.pid)))


async def the_query_log_is_killed(world: World) -> None:
    """No answer waits for it."""
    others = {running.watcher(world.pid), *running.workers(world.pid)}
    (process,) = set(running.children(world.pid)) - others
    await _kill(world, process)


async def the_table_is_cut(world: World) -> None:
    """SIGBUS for all who have mapped it: they begin again, from the last snapshot or with nothing."""
    with _nothing_known(world):
        before = [running.watcher(world.pid), *running.workers(world.pid)]
        os.truncate(world.state / "live" / "data.mdb", 4096)
        await running.until(lambda: not any(map(running.is_alive, before)), "their end")
        await world.heals()


async def it_restarts(world: World) -> None:
    """SIGTERM, and another: it answers from the stored table, marked."""
    await _restart(world)


async def it_restarts_without_an_api_server(world: World) -> None:
    """All that it knows is stored, for as long as that takes."""
    await world.api.stop()
    stale = world.load.stale
    await _restart(world)
    await asyncio.sleep(2)
    await world.api.start()
    assert world.load.stale > stale + 100


async def all_of_it_is_killed(world: World) -> None:
    """kill -9 of the supervisor, which takes its children along."""
    children = running.children(world.pid)
    with _nothing_known(world):
        await world.end(signal.SIGKILL)
        await running.until(lambda: not any(map(running.is_alive, children)), "the end of its children")
        await world.start()
        await world.heals()


async def a_bit_of_the_state_flips(world: World) -> None:
    """The sum of the snapshot is another."""

    def flip(table: Path) -> None:
        data = bytearray(table.read_bytes())
        data[world.cluster.dice.randrange(len(data))] ^= 1 << world.cluster.dice.randrange(8)
        table.write_bytes(data)

    await _restart_with(world, flip, "is damaged")


async def the_state_is_cut(world: World) -> None:
    """As after a crash of the machine."""
    await _restart_with(world, lambda table: os.truncate(table, table.stat().st_size // 2), "is damaged")


async def the_state_is_of_another_time(world: World) -> None:
    """An older table under the name of the last one."""
    await _restart(world)
    old = _snapshot(world).read_bytes()
    await world.heals()
    await _restart_with(world, lambda table: table.write_bytes(old), "is damaged")


async def the_description_is_broken(world: World) -> None:
    """What says which table it is."""
    broken = '{"file": "snapshot-'
    await _restart_with(
        world, lambda table: table.with_name("snapshot.json").write_text(broken), "cannot be read"
    )


FAULTS = (
    Fault(the_watcher_is_killed, "watcher ended by signal SIGKILL; starting another"),
    Fault(a_worker_is_killed, "ended by signal SIGKILL; starting another"),
    Fault(the_query_log_is_killed, "ended by signal SIGKILL; starting another"),
    Fault(the_table_is_cut, "the table may be damaged: it is made anew"),
    Fault(it_restarts, "marked as stale"),
    Fault(all_of_it_is_killed),
    Fault(it_restarts_without_an_api_server, "Cannot connect"),
    Fault(a_bit_of_the_state_flips),
    Fault(the_state_is_cut),
    Fault(the_state_is_of_another_time),
    Fault(the_description_is_broken),
)


async def the_disk_is_full(world: World) -> None:
    """The answers stay as they are, marked; what happened meanwhile comes when there is room."""
    ballast = Path(f"/proc/{world.pid}/root") / world.state.relative_to("/") / "ballast"
    stale, end = world.load.stale, time.monotonic() + world.times.stale_after + 4
    with ballast.open("wb", buffering=0) as file:
        while time.monotonic() < end:  # who fills it does so again and again
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
            await asyncio.sleep(0.02)
    assert world.load.stale > stale, "nothing was marked"
    ballast.unlink()


async def the_clock_jumps(world: World) -> None:
    """A day ahead, and two days back; the time that passes stays the same."""
    for offset in ("+1d", "-1d", "+0"):
        (world.folder / clock.FILE).write_text(offset)
        await asyncio.sleep(1)
        await world.heals()


DISK = Fault(the_disk_is_full, "cannot be written")
"""For a world with a small disk."""
CLOCK = Fault(the_clock_jumps)
"""For a world whose clock can be set (`clock`)."""


async def _kill(world: World, process: int) -> None:
    before = running.children(world.pid)
    os.kill(process, signal.SIGKILL)
    await running.until(lambda: not running.is_alive(process), "its end")
    await running.until(lambda: len(running.children(world.pid)) == len(before), "another in its place")


async def _restart(world: World) -> None:
    await world.end()
    await world.start()


async def _restart_with(world: World, damage: Callable[[Path], object], says: str) -> None:
    """The stored table is damaged between the one and the other."""
    with _nothing_known(world):
        await world.end()
        damage(_snapshot(world))
        await world.start()
        await world.heals()
    assert says in world.log()
    assert "is not used" in world.log()


def _snapshot(world: World) -> Path:
    described = json.loads((world.state / "snapshot.json").read_text())
    return world.state / str(described["file"])


@contextlib.contextmanager
def _nothing_known(world: World) -> Iterator[None]:
    """Until the first list SERVFAIL is right."""
    world.load.may_be_empty = True
    try:
        yield
    finally:
        world.load.may_be_empty = False
