"""From one crew to the next, without a query lost.

    same table      the next workers answer from the same sockets, then the last ones finish and end
    another watcher first the last one ends, for a table has one writer; workers go on meanwhile
    another table   its watcher fills it first, however long that takes; then workers as above

Where the next crew does not start, the last one is whole again.
"""

import asyncio

from svcdns.errors import SvcdnsError
from svcdns.serve.supervisor.generation import Generation
from svcdns.serve.supervisor.processes import ChildProcess

WORKER_START_TIMEOUT = 15.0
"""Seconds for a worker's first word; it takes some milliseconds."""
WATCHER_FAILURE_TIMEOUT = 3.0
"""Seconds in which a watcher that cannot work at all says so."""
EXIT_TIMEOUT = 15.0
"""Seconds for the last words of those who leave: what waits for upstreams is answered."""


class HandoverError(SvcdnsError):
    """The next crew cannot serve."""


async def start_next(previous: Generation, next_generation: Generation) -> None:
    """Start those of the new crew who are not of the last one; until they answer.

    Raises ChangeError where they do not: then the last crew is whole again.
    """
    started = [child for child in next_generation.processes if child not in previous.processes]
    try:
        await _start_watcher(previous, next_generation)
        for child in started:
            if child is not next_generation.watcher:
                child.start()
        for worker in next_generation.workers:
            if worker in started and not await _wait_ready(worker, WORKER_START_TIMEOUT):
                raise HandoverError(f"{worker.name} did not start")
    except BaseException:
        for child in started:
            child.stop()
            child.kill()
        for child in started:
            await child.wait_exit(EXIT_TIMEOUT)
        if previous.watcher.is_stopping:
            previous.watcher.start()
        raise


async def _start_watcher(previous: Generation, next_generation: Generation) -> None:
    if next_generation.watcher is previous.watcher:
        return
    is_other_table = next_generation.table_path != previous.table_path
    if not is_other_table:
        previous.watcher.stop()
        await previous.watcher.wait_exit(EXIT_TIMEOUT)
    next_generation.watcher.start()
    ready = await _wait_ready(next_generation.watcher, None if is_other_table else WATCHER_FAILURE_TIMEOUT)
    if next_generation.watcher.finished.is_set() or (is_other_table and not ready):
        raise HandoverError("the watcher ended: what it is to watch cannot be read")


async def _wait_ready(child: ChildProcess, timeout: float | None) -> bool:
    """Whether it says so before it is over, within so many seconds where there is a limit."""
    waits = [asyncio.ensure_future(event.wait()) for event in (child.ready, child.finished)]
    await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return child.ready.is_set()


async def stop_previous(previous: Generation, next_generation: Generation) -> None:
    """Let those go who are not of the new crew: who answers first."""
    for child in previous.processes:
        if child not in next_generation.processes:
            child.stop()
            if child is previous.watcher and next_generation.table_path != previous.table_path:
                child.kill()  # its table is not wanted, and it would save it
            await child.wait_exit(EXIT_TIMEOUT)
    previous.close_unshared(next_generation)
