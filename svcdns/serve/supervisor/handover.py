"""Goes from one generation of processes to the next, without losing a query.

    same table       the next workers answer from the same sockets, then the previous ones finish and end
    another watcher  the previous one ends first, because a table has one writer; workers go on meanwhile
    another table    its watcher fills it first, however long that takes; then workers as above

If the next generation does not start, or is cancelled before it answers, the previous one is whole again
(`start_next`). Once the next one answers, nothing calls the previous one back (`Retirement`).
"""

import asyncio
from collections.abc import Callable

from svcdns.errors import SvcdnsError
from svcdns.serve.supervisor.generation import Generation
from svcdns.serve.supervisor.processes import ChildProcess

WORKER_START_TIMEOUT = 15.0
"""Seconds until a worker must be ready; usually it takes some milliseconds."""
WATCHER_FAILURE_TIMEOUT = 3.0
"""Seconds in which a watcher that cannot work at all ends."""
EXIT_TIMEOUT = 15.0
"""Seconds until a process that was told to stop is killed: first it answers what waits for upstreams."""


class HandoverError(SvcdnsError):
    """The next generation cannot serve."""


async def start_next(previous: Generation, next_generation: Generation) -> None:
    """Start the processes that the generations do not share; return when they answer.

    Raises HandoverError if they do not. Then the previous generation is whole again.
    """
    started = [child for child in next_generation.processes if child not in previous.processes]
    try:
        # The watcher first: workers of another table would have nothing to answer from.
        await _start_watcher(previous, next_generation)
        for child in started:
            if child is not next_generation.watcher:
                child.start()

        for worker in next_generation.workers:
            if worker in started and not await _wait_ready(worker, WORKER_START_TIMEOUT):
                raise HandoverError(f"{worker.name} did not start")
    except BaseException:
        # Also when this is cancelled, because the server stops.
        for child in started:
            child.stop()
            child.kill()
        # Only after all were killed, so that they end at the same time.
        for child in started:
            await child.wait_exit(EXIT_TIMEOUT)

        # It was stopped to make room for the next one: a table has one writer.
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

    # A new table has to be filled, however long that takes. The same one has answers already, so it is
    # enough that the watcher does not fail at once.
    next_generation.watcher.start()
    timeout = None if is_other_table else WATCHER_FAILURE_TIMEOUT
    is_ready = await _wait_ready(next_generation.watcher, timeout)
    if next_generation.watcher.finished.is_set() or (is_other_table and not is_ready):
        raise HandoverError("the watcher ended: its source cannot be read")


async def _wait_ready(child: ChildProcess, timeout: float | None) -> bool:
    """Wait until the child is ready, ends for good, or `timeout` seconds are over; whether it is ready."""
    # `finished` too: a child that has ended for good will never be ready.
    waits = [asyncio.ensure_future(event.wait()) for event in (child.ready, child.finished)]
    await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return child.ready.is_set()


class Retirement:
    """The end of the processes that a generation does not share with the next one.

    It goes on by itself: who started it may be cancelled, or asked for another configuration meanwhile.
    """

    def __init__(
        self, previous: Generation, next_generation: Generation, on_finished: Callable[[], None]
    ) -> None:
        """Begin; `on_finished` is called when the last of these processes has ended."""
        self._processes = [child for child in previous.processes if child not in next_generation.processes]
        self._previous = previous
        self._next = next_generation
        self._on_finished = on_finished
        self._task = asyncio.create_task(self._run())

    async def wait(self) -> None:
        """Wait until all have ended. To cancel this does not cancel the retirement."""
        await asyncio.wait([self._task])

    async def hurry(self, timeout: float) -> None:
        """Wait at most `timeout` seconds, then kill what is left: the whole server stops."""
        for child in self._processes:
            child.stop()
        await asyncio.wait([self._task], timeout=timeout)
        for child in self._processes:
            child.kill()
        await self.wait()

    async def _run(self) -> None:
        for child in self._processes:
            # One at a time: while the workers of a list finish, those after them still answer.
            child.stop()
            # Nobody needs its table any more; left alone, it would save it for the next start.
            if child is self._previous.watcher and self._next.table_path != self._previous.table_path:
                child.kill()
            await child.wait_exit(EXIT_TIMEOUT)

        self._previous.close_unshared(self._next)
        self._on_finished()
