"""Follows files on disk: each edit is read within milliseconds.

A report of the system is only a hint: `FileSet.reload` then looks at the folders again and reads the files
that differ, so a missed or doubled report does no harm. Once in a while it looks without any report, for
file systems that send none (NFS, some mounts). Folders are watched, never files: editors and ConfigMaps
replace files instead of writing them.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn, TypeAlias, TypeVar

import watchfiles

from svcdns.sources.file_set import FileSet

Contents = TypeVar("Contents")

_STEP_MS = 10  # ms without another change before a burst of them counts as over; half a percent of a core
_DEBOUNCE_MS = 50  # ms after which a burst is looked at though it goes on
_TICK_MS = 1000  # ms between two looks at the clock
_RESCAN_TICKS = 10  # ticks between two looks at the folders without a report

Reread: TypeAlias = Callable[[Sequence[str]], Awaitable[None]]
"""Looks at the files again; the argument holds the paths that were reported."""


async def follow_files(
    file_set: FileSet[Contents], publish: Callable[[Contents], Awaitable[None]], log: logging.Logger
) -> NoReturn:
    """Publish the contents at once and at each change, until cancelled; raises what `load` raises.

    Files are read in a thread, since a large one would stop the event loop.
    """

    async def reread(reported_paths: Sequence[str]) -> None:
        contents = await asyncio.to_thread(file_set.reload, time.monotonic(), reported_paths)
        if contents is not None:
            await publish(contents)

    await publish(await asyncio.to_thread(file_set.load, time.monotonic()))

    # Without paths nothing can ever change, and a watcher of no folder would only cost time.
    if not file_set.paths:
        await asyncio.Event().wait()

    while True:
        try:
            await _watch_folders(file_set, reread)
        except (OSError, RuntimeError) as error:  # watchfiles' own error is a RuntimeError
            log.warning("cannot watch the files' folders, so looking at them every second: %s", error)
            await asyncio.sleep(_TICK_MS / 1000)
            await reread(())


async def _watch_folders(file_set: FileSet[Contents], reread: Reread) -> None:
    """Watch the folders of this moment; returns when other folders have to be watched."""
    folders = file_set.watched_folders
    reports = watchfiles.awatch(
        *folders,
        watch_filter=None,
        step=_STEP_MS,
        debounce=_DEBOUNCE_MS,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        recursive=False,
        ignore_permission_denied=True,
    )
    next_report = asyncio.ensure_future(anext(reports))

    try:
        # Let the watcher come into being before the first look: then no edit falls between the two.
        await asyncio.sleep(0)
        await reread(())

        ticks = 0
        while file_set.watched_folders == folders:
            changes = await next_report
            # The next report is awaited during the look, so that the watcher misses nothing meanwhile.
            next_report = asyncio.ensure_future(anext(reports))

            ticks += 1
            if changes or file_set.needs_polling or ticks % _RESCAN_TICKS == 0:
                await reread(tuple(path for _, path in changes))
    finally:
        next_report.cancel()
        await asyncio.gather(next_report, return_exceptions=True)
        await reports.aclose()
