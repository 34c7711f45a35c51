"""Reads the configuration again.

    asked --> a process (`config_reader`) --> Launch --> change(its config) --> kept for the next start
                   |                                         |
                   +------- faults, in the log --------------+--> refused: the last good one stays

Asked at SIGHUP, and when one of its files is another.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from msgspec.structs import replace

from svcdns import logs
from svcdns.errors import ConfigError, SvcdnsError
from svcdns.serve import config_reader, launch
from svcdns.serve.config_reader import ReaderError
from svcdns.serve.lastgood import FILE
from svcdns.serve.launch import Launch
from svcdns.serve.runtime_config import RuntimeConfig

log = logging.getLogger("svcdns.config")

LOOK = 2.0
"""Seconds between two looks at the files; the kubelet brings a changed ConfigMap within a minute."""
PATIENCE = 60.0
"""Seconds for reading them."""

_Marks: TypeAlias = tuple[tuple[int, int, int] | None, ...]


class Reload:
    """One server's, which begins with `known`."""

    def __init__(
        self,
        known: Launch,
        folder: Path,
        read: Callable[[Mapping[str, Any]], Launch],
        change: Callable[[RuntimeConfig], Coroutine[None, None, None]],
        judged: Callable[[str], None],
    ) -> None:
        """`read` gives what flags mean now, or raises ConfigError; it is called in a process of its own.

        `change` serves by another configuration, or raises SvcdnsError.

        `judged` is told of each configuration what is wrong with it, or nothing where it is served.
        """
        self._known = known
        self._read_flags = read
        self._kept = folder / FILE
        self._change = change
        self._judged = judged
        self._asked = asyncio.Event()
        self._marks = _marks(known.files)

    def ask(self) -> None:
        """Read all again, whether a file changed or not."""
        self._asked.set()

    async def run(self) -> None:
        """Until cancelled."""
        self._begin()
        changing: asyncio.Task[None] | None = None
        try:
            while True:
                await self._until_asked()
                self._asked.clear()
                found = await self._read()
                if changing is not None:  # what is served, or was to be, is out of date
                    changing.cancel()
                    await asyncio.wait([changing])
                changing = asyncio.create_task(self._take(found)) if found else None
        finally:
            if changing is not None:
                changing.cancel()
                await asyncio.wait([changing])

    def _begin(self) -> None:
        self._say_remarks(self._known)
        if not self._known.refused:
            self._keep()
            return
        self._refuse(self._known.refused, "the last good one is served, until the file is mended")

    async def _read(self) -> Launch | None:
        """What the files say now, by a process of its own; None where that is not to be taken."""
        log.info("reading the configuration again")
        self._marks = _marks(self._known.files)
        try:
            found = await config_reader.start(self._read_known).result(PATIENCE)
        except ReaderError as error:
            self._refuse(str(error))
            return None
        if isinstance(found, int):
            self._refuse(f"who read the settings ended with exit code {found}")
            return None
        if _marks(self._known.files) != self._marks:  # it may be half old, half new
            log.info("the files changed while they were read: they are read again when they stay as they are")
            return None
        if found.refused:
            self._known = replace(self._known, files=found.files)
            self._refuse(found.refused)
            return None
        return found

    def _read_known(self) -> Launch:
        """In the reader's process: a Launch in any case, perhaps the known one with what is wrong."""
        try:
            return self._read_flags(self._known.flags)
        except ConfigError as error:
            return launch.instead(self._known, error)

    def _refuse(self, why: str, so: str = "the last good one stays") -> None:
        for line in why.splitlines():
            log.error("%s", line)
        log.error("the configuration is refused: %s", so)
        self._judged(why)

    async def _take(self, found: Launch) -> None:
        config, differing = found.config.with_fixed(self._known.config)
        for name in differing:
            log.warning("%s: a change counts after a restart", name)
        self._say_remarks(found)
        is_new = config != self._known.config
        try:
            if is_new:
                logs.setup(config.logs.level, config.logs.format)
                await self._change(config)
        except SvcdnsError as error:
            logs.setup(self._known.config.logs.level, self._known.config.logs.format)
            self._refuse(str(error))
            return
        self._judged("")
        log.info(
            "the new configuration is served" if is_new else "the configuration says what it said before"
        )
        self._known = replace(found, config=config)
        self._keep()

    def _keep(self) -> None:
        """The next start may fall back on what is known."""
        try:
            launch.write(self._known, self._kept)
        except OSError as error:
            log.warning("the configuration could not be kept for the next start: %s", error)

    def _say_remarks(self, of: Launch) -> None:
        for level, text in of.remarks:
            log.log(level, "%s", text)

    async def _until_asked(self) -> None:
        """Asked to, or a file is another than it was and stays so: who writes it is done."""
        seen = self._marks
        while not self._asked.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK)
            before, seen = seen, _marks(self._known.files)
            if seen == before != self._marks:
                break


def _marks(files: Iterable[str]) -> _Marks:
    """What differs when a file is another one, a ConfigMap's link too."""
    return tuple(_mark(path) for path in files)


def _mark(path: str) -> tuple[int, int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
