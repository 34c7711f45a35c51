"""Reads the configuration again, at SIGHUP and when one of its files changes.

request --> a process (`config_reader`) --> Launch --> apply_config --> saved for the next start
                 |                                         |
                 +------- errors, in the log --------------+--> refused: the last good one stays
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
from svcdns.serve.runtime import last_good, launch_config
from svcdns.serve.runtime.launch_config import Launch
from svcdns.serve.runtime.runtime_config import RuntimeConfig
from svcdns.serve.supervisor import config_reader
from svcdns.serve.supervisor.config_reader import ReaderError
from svcdns.serve.supervisor.handover import Retirement

log = logging.getLogger("svcdns.config")

POLL_INTERVAL = 2.0
"""Seconds between two checks of the files. The kubelet takes up to a minute to bring a changed ConfigMap."""
READ_TIMEOUT = 60.0
"""Seconds that a reading may take: one on a slow disk and a busy processor takes some seconds."""


class ConfigReloader:
    """Keeps a running server at what its configuration says."""

    def __init__(
        self,
        current: Launch,
        read: Callable[[Mapping[str, Any]], Launch],
        apply_config: Callable[[RuntimeConfig], Coroutine[None, None, Retirement]],
        set_config_error: Callable[[str], None],
    ) -> None:
        """`current` is served now; its flags and files are what is read again.

        `read` returns what the flags mean now, or raises ConfigError. It runs in a process of its own.
        `apply_config` serves by another configuration, or raises SvcdnsError.
        `set_config_error` takes what is wrong with the files as they are now; empty if they are served.
        """
        self._current = current
        self._files = current.files
        self._file_error = current.refused
        self._read_flags = read
        self._apply_config = apply_config
        self._set_config_error = set_config_error
        self._requested = asyncio.Event()
        self._identities = file_changes.identities(self._files)

    def request(self) -> None:
        """Read everything again, even if no file has changed."""
        self._requested.set()

    async def run(self) -> None:
        """Wait for requests and apply them, until cancelled."""
        self._report_start()
        applying: asyncio.Task[None] | None = None
        target = self._current.config
        try:
            while True:
                await self._wait_for_request()
                self._requested.clear()
                launch = await self._read_config()
                is_applying = applying is not None and not applying.done()
                # A refused one changes nothing, and the same one is on its way.
                if launch is None or (is_applying and launch.config == target):
                    continue

                # What was still being applied is out of date now.
                await _cancel(applying)
                target = launch.config
                applying = asyncio.create_task(self._apply(launch))
        finally:
            await _cancel(applying)

    def _report_start(self) -> None:
        self._log_remarks(self._current)
        if not self._current.refused:
            self._save_last_good()
            return
        self._refuse(self._current.refused, "the last good one is served until the file is corrected")

    async def _read_config(self) -> Launch | None:
        """What the files say now, or None if that cannot be used."""
        log.info("reading the configuration again")
        # Before the reading: what changes meanwhile then differs from it.
        self._identities = file_changes.identities(self._files)
        try:
            launch = await config_reader.start(self._read_in_child).result(READ_TIMEOUT)
        except ReaderError as error:
            self._refuse(str(error))
            return None

        if isinstance(launch, int):
            self._refuse(f"the process that reads the settings ended with exit code {launch}")
            return None
        # Files that changed meanwhile may have been read half old, half new.
        if file_changes.identities(self._files) != self._identities:
            log.info("the files changed while they were read: they are read again once they stop changing")
            return None
        # Also those of faulty settings: an edit of them may mend it.
        self._files = launch.files
        if launch.refused:
            self._refuse(launch.refused)
            return None
        self._file_error = ""
        return launch

    def _read_in_child(self) -> Launch:
        """In the reader's process: what the flags mean now, or the current Launch with what is wrong."""
        try:
            return self._read_flags(self._current.flags)
        except ConfigError as error:
            return launch_config.with_error(self._current, error)

    def _refuse(self, error: str, consequence: str = "the last good one stays") -> None:
        for line in error.splitlines():
            log.error("%s", line)
        log.error("the configuration is refused: %s", consequence)
        self._file_error = error
        self._set_config_error(error)

    async def _apply(self, loaded: Launch) -> None:
        # What only a restart can change stays, and all else is applied.
        config, differing = loaded.config.with_fixed(self._current.config)
        for name in differing:
            log.warning("%s: a change takes effect only after a restart", name)
        self._log_remarks(loaded)

        is_new = config != self._current.config
        if is_new and not await self._serve(config):
            return

        # Also without a new configuration: a mistake that was taken back is no error any more. The files may
        # have got another one while this was applied.
        self._set_config_error(self._file_error)
        log.info("the new configuration is served" if is_new else "the configuration has not changed")
        self._current = replace(loaded, config=config)
        self._save_last_good()

    async def _serve(self, config: RuntimeConfig) -> bool:
        """Whether nothing but this configuration is served now; if not, the log says why."""
        # First, because processes that are forked from now on inherit it.
        logs.configure(config.logs.level, config.logs.format)
        try:
            retirement = await self._apply_config(config)
        except asyncio.CancelledError:
            self._restore_logs()
            raise
        except SvcdnsError as error:
            self._restore_logs()
            self._refuse(str(error))
            return False
        # Such as no memory for another process: the reloader has to live on.
        except Exception as error:
            self._restore_logs()
            log.exception("cannot serve the new configuration")
            self._refuse(f"cannot serve the new configuration: {error}")
            return False

        # Before anything waits: what a cancellation leaves behind has to be what is served.
        self._current = replace(self._current, config=config)
        await retirement.wait()
        return True

    def _restore_logs(self) -> None:
        logs.configure(self._current.config.logs.level, self._current.config.logs.format)

    def _save_last_good(self) -> None:
        """Save what is served, for a next start that finds the files faulty."""
        path = self._current.last_good_path
        if not path:
            log.warning(
                "cannot save the configuration for the next start: this user has no home folder; "
                "set --state-dir or SVCDNS_STATE_DIR"
            )
            return

        try:
            last_good.save_last_good(Path(path), self._current)
        except OSError as error:
            log.warning(
                "cannot save the configuration for the next start in %s: %s; "
                "choose another folder with --state-dir or SVCDNS_STATE_DIR",
                Path(path).parent,
                error.strerror,
            )

    def _log_remarks(self, loaded: Launch) -> None:
        for level, text in loaded.remarks:
            log.log(level, "%s", text)

    async def _wait_for_request(self) -> None:
        """Return when a reload is requested, or when a file has changed and then stays the same.

        A file that stays the same for one interval has been written to its end.
        """
        seen = self._identities
        while not self._requested.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._requested.wait(), POLL_INTERVAL)
            before, seen = seen, file_changes.identities(self._files)
            # Two looks that agree with each other, but not with what was read last.
            if seen == before != self._identities:
                break


async def _cancel(task: asyncio.Task[None] | None) -> None:
    """Cancel a task, and wait until it has put everything back."""
    if task is not None:
        task.cancel()
        await asyncio.wait([task])
