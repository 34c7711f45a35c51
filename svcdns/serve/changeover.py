"""From one crew to the next, without a query lost.

    same table      the next workers answer from the same sockets, then the last ones finish and end
    another watcher first the last one ends, for a table has one writer; workers go on meanwhile
    another table   its watcher fills it first, however long that takes; then workers as above

Where the next crew does not start, the last one is whole again.
"""

import asyncio

from svcdns.errors import SvcdnsError
from svcdns.serve.children import Child
from svcdns.serve.crew import Crew

STARTING = 15.0
"""Seconds for a worker's first word; it takes some milliseconds."""
FAILING = 3.0
"""Seconds in which a watcher that cannot work at all says so."""
ENDING = 15.0
"""Seconds for the last words of those who leave: what waits for upstreams is answered."""


class ChangeError(SvcdnsError):
    """The next crew cannot serve."""


async def begin(last: Crew, new: Crew) -> None:
    """Start those of the new crew who are not of the last one; until they answer.

    Raises ChangeError where they do not: then the last crew is whole again.
    """
    started = [child for child in new.all if child not in last.all]
    try:
        await _begin_watcher(last, new)
        for child in started:
            if child is not new.watcher:
                child.start()
        for worker in new.workers:
            if worker in started and not await _is_ready(worker, STARTING):
                raise ChangeError(f"{worker.name} did not start")
    except BaseException:
        for child in started:
            child.retire()
            child.kill()
        for child in started:
            await child.gone(ENDING)
        if last.watcher.is_leaving:
            last.watcher.start()
        raise


async def _begin_watcher(last: Crew, new: Crew) -> None:
    if new.watcher is last.watcher:
        return
    is_other_table = new.table != last.table
    if not is_other_table:
        last.watcher.retire()
        await last.watcher.gone(ENDING)
    new.watcher.start()
    ready = await _is_ready(new.watcher, None if is_other_table else FAILING)
    if new.watcher.over.is_set() or (is_other_table and not ready):
        raise ChangeError("the watcher ended: what it is to watch cannot be read")


async def _is_ready(child: Child, patience: float | None) -> bool:
    """Whether it says so before it is over, within so many seconds where there is a limit."""
    waits = [asyncio.ensure_future(event.wait()) for event in (child.ready, child.over)]
    await asyncio.wait(waits, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return child.ready.is_set()


async def end(last: Crew, new: Crew) -> None:
    """Let those go who are not of the new crew: who answers first."""
    for child in last.all:
        if child not in new.all:
            child.retire()
            if child is last.watcher and new.table != last.table:
                child.kill()  # its table is not wanted, and it would save it
            await child.gone(ENDING)
    last.close(new)
