"""Reads the configuration again.

    asked --> a process (`reread`) --> Launch --> change(its plan) --> kept for the next start
                   |                                  |
                   +---- faults, in the log ----------+--> refused: the last good one stays

Asked at SIGHUP, and when one of its files is another.
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import msgspec
from msgspec.structs import replace

from svcdns import file_changes, logs
from svcdns.errors import SvcdnsError
from svcdns.serve import launch
from svcdns.serve.children import Child
from svcdns.serve.lastgood import FILE
from svcdns.serve.launch import Launch
from svcdns.serve.plan import Plan

log = logging.getLogger("svcdns.config")

LOOK = 2.0
"""Seconds between two looks at the files; the kubelet brings a changed ConfigMap within a minute."""
PATIENCE = 60.0
"""Seconds for reading them."""


class Reload:
    """One server's, which begins with `known`."""

    def __init__(
        self,
        known: Launch,
        folder: Path,
        change: Callable[[Plan], Coroutine[None, None, None]],
        judged: Callable[[str], None],
    ) -> None:
        """`change` serves by another plan, or raises SvcdnsError.

        `judged` is told of each configuration what is wrong with it, or nothing where it is served.
        """
        self._known = known
        self._reader = Child("configuration", self._become_reader, lambda child, message: None, self._ended)
        self._kept, self._new = folder / FILE, folder / "configuration.next.json"
        self._change = change
        self._judged = judged
        self._asked = asyncio.Event()
        self._identities = file_changes.identities(known.files)

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
        self._identities = file_changes.identities(self._known.files)
        self._new.unlink(missing_ok=True)
        self._reader.start()
        await self._reader.gone(PATIENCE)
        try:
            found = launch.load(self._new)
        except (OSError, msgspec.MsgspecError) as error:
            self._refuse(f"the configuration could not be handed over: {error}")
            return None
        if file_changes.identities(self._known.files) != self._identities:  # it may be half old, half new
            log.info("the files changed while they were read: they are read again when they stay as they are")
            return None
        if found.refused:
            self._known = replace(self._known, files=found.files)
            self._refuse(found.refused)
            return None
        return found

    def _refuse(self, why: str, so: str = "the last good one stays") -> None:
        for line in why.splitlines():
            log.error("%s", line)
        log.error("the configuration is refused: %s", so)
        self._judged(why)

    async def _take(self, found: Launch) -> None:
        plan, differing = found.plan.with_fixed(self._known.plan)
        for name in differing:
            log.warning("%s: a change counts after a restart", name)
        self._say_remarks(found)
        try:
            if plan != self._known.plan:
                logs.setup(plan.log_level, plan.log_format)
                await self._change(plan)
        except SvcdnsError as error:
            logs.setup(self._known.plan.log_level, self._known.plan.log_format)
            self._refuse(str(error))
            return
        self._judged("")
        is_new = plan != self._known.plan
        log.info(
            "the new configuration is served" if is_new else "the configuration says what it said before"
        )
        self._known = replace(found, plan=plan)
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
        seen = self._identities
        while not self._asked.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK)
            before, seen = seen, file_changes.identities(self._known.files)
            if seen == before != self._identities:
                break

    def _become_reader(self, _: socket.socket) -> int:
        command = [sys.executable, "-m", "svcdns.serve.reread", str(self._kept), str(self._new)]
        os.execv(sys.executable, command)  # noqa: S606 - no shell

    def _ended(self, _: Child, code: int) -> bool:
        return False
