"""The hosts files as they change: the first load, then each edit (`watch`)."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, TypeAlias

from svcdns.dns.table import hosts_encoding
from svcdns.sources import file_problems, file_watcher
from svcdns.sources.hosts.hosts_file_set import HostsFileSet, LoadedHosts

log = logging.getLogger("svcdns.hosts")

PublishHosts: TypeAlias = Callable[[Sequence[tuple[bytes, bytes]]], None]
"""Takes all of the table's entries of hosts files that are to be there from now on."""


class HostsFileSource:
    """Publishes the names of some hosts files."""

    def __init__(
        self, paths: Iterable[str | os.PathLike[str]], lines: Iterable[str] = (), ttl: int = 30
    ) -> None:
        self._file_set = HostsFileSet(paths, lines)
        self._ttl = ttl
        self._problem_log = file_problems.ProblemLog(log)
        self._published_lines: tuple[hosts_encoding.HostsLine, ...] | None = None

    @property
    def problem_count(self) -> int:
        """Mistakes in the files, as they are now."""
        return len(self._problem_log)

    async def run(self, publish: PublishHosts) -> NoReturn:
        """Publish at once, and at each change until cancelled; raises HostsFileError where one is missing."""

        async def look(touched: Sequence[str]) -> None:
            loaded = await asyncio.to_thread(self._file_set.reload, time.monotonic(), touched)
            if loaded is not None:
                await self._publish(loaded, publish)

        await self._publish(await asyncio.to_thread(self._file_set.load), publish)
        if not self._file_set.paths:
            await asyncio.Event().wait()
        await file_watcher.watch_files(self._file_set, look, log)

    async def _publish(self, loaded: LoadedHosts, publish: PublishHosts) -> None:
        self._problem_log.log_changes(loaded.problems)
        if loaded.lines != self._published_lines:
            publish(await asyncio.to_thread(_to_table_entries, loaded.lines, self._ttl))
            self._published_lines = loaded.lines
            if loaded.lines or self._file_set.paths:
                log.info("lines of hosts files that are served: %d", len(loaded.lines))


def _to_table_entries(lines: Iterable[hosts_encoding.HostsLine], ttl: int) -> list[tuple[bytes, bytes]]:
    return list(hosts_encoding.encode_hosts(hosts_encoding.hosts_nodes(lines, ttl)))
