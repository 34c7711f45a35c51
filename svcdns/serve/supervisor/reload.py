"""Reads the configuration again.

    asked --> a process (`config_reader`) --> Launch --> change(its config) --> kept for the next start
                   |                                         |
                   +------- faults, in the log --------------+--> refused: the last good one stays

Asked at SIGHUP, and when one of its files is another.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from svcdns import file_changes, logs
from svcdns.errors import ConfigError, SvcdnsError
from svcdns.serve.runtime import launch_config
from svcdns.serve.runtime.last_good import FILE_NAME
from svcdns.serve.runtime.launch_config import Launch
from svcdns.serve.runtime.runtime_config import RuntimeConfig
from svcdns.serve.supervisor import config_reader
from svcdns.serve.supervisor.config_reader import ReaderError

log = logging.getLogger("svcdns.config")

POLL_INTERVAL = 2.0
"""Seconds between two looks at the files; the kubelet brings a changed ConfigMap within a minute."""
READ_TIMEOUT = 60.0
"""Seconds for reading them."""


class ConfigReloader:
    """One server's, which begins with `known`."""

    def __init__(
        self,
        current: Launch,
        state_dir: Path,
        read: Callable[[Mapping[str, Any]], Launch],
        apply_config: Callable[[RuntimeConfig], Coroutine[None, None, None]],
        set_config_error: Callable[[str], None],
    ) -> None:
        """`read` gives what flags mean now, or raises ConfigError; it is called in a process of its own.

        `change` serves by another configuration, or raises SvcdnsError.

        `judged` is told of each configuration what is wrong with it, or nothing where it is served.
        """
        self._current = current
        self._read_flags = read
        self._last_good_path = state_dir / FILE_NAME
        self._apply_config = apply_config
        self._set_config_error = set_config_error
        self._requested = asyncio.Event()
        self._identities = file_changes.identities(current.files)

    def request(self) -> None:
        """Read all again, whether a file changed or not."""
        self._requested.set()

    async def run(self) -> None:
        """Until cancelled."""
        self._report_start()
        changing: asyncio.Task[None] | None = None
        try:
            while True:
                await self._wait_for_request()
                self._requested.clear()
                found = await self._read_config()
                if changing is not None:  # what is served, or was to be, is out of date
                    changing.cancel()
                    await asyncio.wait([changing])
                changing = asyncio.create_task(self._apply(found)) if found else None
        finally:
            if changing is not None:
                changing.cancel()
                await asyncio.wait([changing])

    def _report_start(self) -> None:
        self._log_remarks(self._current)
        if not self._current.refused:
            self._save_last_good()
            return
        self._refuse(self._current.refused, "the last good one is served, until the file is mended")

    async def _read_config(self) -> Launch | None:
        """What the files say now, by a process of its own; None where that is not to be taken."""
        log.info("reading the configuration again")
        self._identities = file_changes.identities(self._current.files)
        try:
            found = await config_reader.start(self._read_known).result(READ_TIMEOUT)
        except ReaderError as error:
            self._refuse(str(error))
            return None
        if isinstance(found, int):
            self._refuse(f"who read the settings ended with exit code {found}")
            return None
        if file_changes.identities(self._current.files) != self._identities:  # it may be half old, half new
            log.info("the files changed while they were read: they are read again when they stay as they are")
            return None
        if found.refused:
            self._current = replace(self._current, files=found.files)
            self._refuse(found.refused)
            return None
        return found

    def _read_known(self) -> Launch:
        """In the reader's process: a Launch in any case, perhaps the known one with what is wrong."""
        try:
            return self._read_flags(self._current.flags)
        except ConfigError as error:
            return launch_config.instead(self._current, error)

    def _refuse(self, error: str, consequence: str = "the last good one stays") -> None:
        for line in error.splitlines():
            log.error("%s", line)
        log.error("the configuration is refused: %s", consequence)
        self._set_config_error(error)

    async def _apply(self, loaded: Launch) -> None:
        config, differing = loaded.config.with_fixed(self._current.config)
        for name in differing:
            log.warning("%s: a change counts after a restart", name)
        self._log_remarks(loaded)
        is_new = config != self._current.config
        try:
            if is_new:
                logs.configure(config.logs.level, config.logs.format)
                await self._apply_config(config)
        except SvcdnsError as error:
            logs.configure(self._current.config.logs.level, self._current.config.logs.format)
            self._refuse(str(error))
            return
        self._set_config_error("")
        log.info(
            "the new configuration is served" if is_new else "the configuration says what it said before"
        )
        self._current = replace(loaded, config=config)
        self._save_last_good()

    def _save_last_good(self) -> None:
        """The next start may fall back on what is known."""
        try:
            launch_config.write(self._current, self._last_good_path)
        except OSError as error:
            log.warning("the configuration could not be kept for the next start: %s", error)

    def _log_remarks(self, loaded: Launch) -> None:
        for level, text in loaded.remarks:
            log.log(level, "%s", text)

    async def _wait_for_request(self) -> None:
        """Asked to, or a file is another than it was and stays so: who writes it is done."""
        seen = self._identities
        while not self._requested.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._requested.wait(), POLL_INTERVAL)
            before, seen = seen, file_changes.identities(self._current.files)
            if seen == before != self._identities:
                break
