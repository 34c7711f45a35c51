"""The hosts files as they change: the first load, then each edit (`watch`)."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, TypeAlias

from svcdns.dns import hosts
from svcdns.sources import problems, watch
from svcdns.sources.hosts.load import Hosts, Loaded

log = logging.getLogger("svcdns.hosts")

Publish: TypeAlias = Callable[[Sequence[tuple[bytes, bytes]]], None]
"""Takes all of the table's entries of hosts files that are to be there from now on."""


class HostsFiles:
    """Publishes the names of some hosts files."""

    def __init__(
        self, paths: Iterable[str | os.PathLike[str]], lines: Iterable[str] = (), ttl: int = 30
    ) -> None:
        self._hosts = Hosts(paths, lines)
        self._ttl = ttl
        self._told = problems.Told(log)
        self._published: tuple[hosts.Line, ...] | None = None

    @property
    def problems(self) -> int:
        """Mistakes in the files, as they are now."""
        return len(self._told)

    async def run(self, publish: Publish) -> NoReturn:
        """Publish at once, and at each change until cancelled; raises HostsFileError where one is missing."""

        async def look(touched: Sequence[str]) -> None:
            loaded = await asyncio.to_thread(self._hosts.reload, time.monotonic(), touched)
            if loaded is not None:
                await self._publish(loaded, publish)

        await self._publish(await asyncio.to_thread(self._hosts.load), publish)
        if not self._hosts.paths:
            await asyncio.Event().wait()
        await watch.follow(self._hosts, look, log)

    async def _publish(self, loaded: Loaded, publish: Publish) -> None:
        self._told.tell(loaded.problems)
        if loaded.lines != self._published:
            publish(await asyncio.to_thread(_entries, loaded.lines, self._ttl))
            self._published = loaded.lines
            if loaded.lines or self._hosts.paths:
                log.info("lines of hosts files that are served: %d", len(loaded.lines))


def _entries(lines: Iterable[hosts.Line], ttl: int) -> list[tuple[bytes, bytes]]:
    return list(hosts.compile_hosts(hosts.to_names(lines, ttl)))
