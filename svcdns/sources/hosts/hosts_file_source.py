"""The hosts files as they change: the table's entries at the first load, then at each edit."""

import asyncio
import functools
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, TypeAlias

from svcdns.dns.table import hosts_encoding
from svcdns.sources import file_problems, file_watcher
from svcdns.sources.hosts.hosts_file_set import HostsFileSet, LoadedHosts
from svcdns.value_types import ZonePath

log = logging.getLogger("svcdns.hosts")

PublishHosts: TypeAlias = Callable[[Sequence[tuple[bytes, bytes]]], None]
"""Takes all (key, value) entries of hosts files that the table is to have from now on."""


class HostsFileSource:
    """Publishes the names of some hosts files, and of lines that the settings have."""

    def __init__(
        self, paths: Iterable[ZonePath | str | os.PathLike[str]], lines: Iterable[str] = (), ttl: int = 30
    ) -> None:
        """Paths and lines are as in the settings; `ttl` is in seconds, for each record."""
        self._file_set = HostsFileSet(paths, lines)
        self._ttl = ttl
        self.problem_log = file_problems.ProblemLog(log)
        """The mistakes in the files, as they are now."""
        self._published_lines: tuple[hosts_encoding.HostsLine, ...] | None = None

    @property
    def problem_count(self) -> int:
        """The number of mistakes in the files, as they are now."""
        return len(self.problem_log)

    async def run(self, publish: PublishHosts) -> NoReturn:
        """Publish at once and at each change, until cancelled."""
        await file_watcher.follow_files(self._file_set, functools.partial(self._publish, publish), log)

    async def _publish(self, publish: PublishHosts, loaded: LoadedHosts) -> None:
        self.problem_log.log_changes(loaded.problems)
        if loaded.lines == self._published_lines:
            return

        # In a thread: 100,000 lines take longer than the event loop should be silent.
        publish(await asyncio.to_thread(_to_table_entries, loaded.lines, self._ttl))
        self._published_lines = loaded.lines

        # Without files and lines there is nothing to say at a start.
        if loaded.lines or self._file_set.paths:
            log.info("lines of hosts files that are served: %d", len(loaded.lines))


def _to_table_entries(lines: Iterable[hosts_encoding.HostsLine], ttl: int) -> list[tuple[bytes, bytes]]:
    return list(hosts_encoding.encode_hosts(hosts_encoding.hosts_nodes(lines, ttl)))
