"""Follow files on disk: each edit is looked at within milliseconds.

Strategy: what the file watcher reports is only a hint that something changed. The folders are then
looked at again and the files that differ are read, so a missed or doubled report does no harm; once
in a while they are looked at without any report, for file systems that send none (NFS, some mounts).
Watched are folders, never files: editors and ConfigMaps replace files instead of writing them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NoReturn, Protocol, TypeAlias

import watchfiles

_STEP_MS = 10  # ms without another change before a burst of them counts as over; half a percent of a core
_DEBOUNCE_MS = 50  # ms after which a burst is looked at though it goes on
_TICK_MS = 1000  # ms between two looks at the clock
_RESCAN_TICKS = 10  # ticks between two looks at the folders without a report

Reread: TypeAlias = Callable[[Sequence[str]], Awaitable[None]]
"""Looks at the files again; given the paths that were reported."""


class WatchedFiles(Protocol):
    """What the files are, as they were last looked at."""

    @property
    def watched_folders(self) -> frozenset[Path]:
        """Where a change of the files shows itself."""
        ...

    @property
    def needs_polling(self) -> bool:
        """Whether time alone brings a change."""
        ...


async def watch_files(files: WatchedFiles, reread: Reread, log: logging.Logger) -> NoReturn:
    """Look whenever something changed, until cancelled; raises what `look` raises."""
    while True:
        try:
            await _watch_folders(files, reread)
        except (OSError, RuntimeError) as error:  # watchfiles' own error is a RuntimeError
            log.warning("cannot watch the files' folders, so looking at them every second: %s", error)
            await asyncio.sleep(_TICK_MS / 1000)
            await reread(())


async def _watch_folders(files: WatchedFiles, reread: Reread) -> None:
    """Follow the folders of now; returns when there are others to follow."""
    folders, ticks = files.watched_folders, 0
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
    report = asyncio.ensure_future(anext(reports))
    try:
        await asyncio.sleep(0)  # the watcher exists now; what changed before it did is found next
        await reread(())
        while files.watched_folders == folders:
            touched = await report
            report = asyncio.ensure_future(anext(reports))
            ticks += 1
            if touched or files.needs_polling or ticks % _RESCAN_TICKS == 0:
                await reread(tuple(path for _, path in touched))
    finally:
        report.cancel()
        await asyncio.gather(report, return_exceptions=True)
        await reports.aclose()
