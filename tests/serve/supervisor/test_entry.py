"""The first moments of `svcdns serve`: a container that is stopped at once ends at once; and other faults."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import running, server
from tests.patience import PATIENCE
from tests.serve import manifests

AS_FIRST = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
"""As a container's first process, which gets no signal that it does not handle: pid_namespaces(7)."""

WORKERS = 2

STOPS = (signal.SIGTERM, signal.SIGINT)


def heeds_signals(pid: int) -> bool:
    """Whether it handles SIGTERM: proc_pid_status(5), SigCgt. (Python itself handles SIGINT.)"""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(line.split()[1] for line in lines if line.startswith("SigCgt:"))
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


@contextlib.asynccontextmanager
async def starting(
    folder: Path, *before: str, config: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`svcdns serve`, from its first instruction on."""
    given = ("--config", str(config)) if config else ()
    made = manifests.folder(folder / "m", web=manifests.WEB)
    flags = ("--manifests", made, "--state-dir", folder / "state", "--lameduck", 0, "--workers", WORKERS)
    listen = ("--listen", f"127.0.0.1:{server.free_port()}", "--http", f"127.0.0.1:{server.free_port()}")
    process = await asyncio.create_subprocess_exec(
        *before,
        *(sys.executable, "-m", "svcdns", "serve", *map(str, flags), *listen, *given),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def can_be_first() -> bool:
    """Not without the program, nor where a container may make no namespaces."""
    if shutil.which(AS_FIRST[0]) is None:
        return False
    return subprocess.run([*AS_FIRST, "true"], capture_output=True, check=False).returncode == 0


def never_read(folder: Path) -> Path:
    """A file that nobody comes to the end of."""
    os.mkfifo(folder / "config.yaml")
    return folder / "config.yaml"


async def end(process: asyncio.subprocess.Process) -> tuple[int | None, bytes]:
    """Its exit code, and what it printed, where it ends by itself."""
    printed, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, printed


@pytest.mark.parametrize("number", STOPS)
async def test_it_can_be_stopped_from_its_first_lines_on(tmp_path: Path, number: signal.Signals) -> None:
    async with starting(tmp_path) as process:
        await running.until(lambda: heeds_signals(process.pid), "signals are heeded")
        process.send_signal(number)
        assert await end(process) == (0, b"")


@pytest.mark.parametrize("number", STOPS)
async def test_it_can_be_stopped_while_the_settings_are_read(tmp_path: Path, number: signal.Signals) -> None:
    async with starting(tmp_path, config=never_read(tmp_path)) as process:
        await running.until(lambda: running.children(process.pid), "the reader")
        reader = running.children(process.pid)[0]
        process.send_signal(number)
        assert await end(process) == (0, b"")
    await running.until(lambda: not running.is_alive(reader), "the reader's end")


async def test_it_can_be_stopped_as_the_first_process_of_a_container(tmp_path: Path) -> None:
    if not can_be_first():
        pytest.skip("unshare: no namespace of processes can be made")
    async with starting(tmp_path, *AS_FIRST) as process:

        def first() -> list[int]:
            return [pid for pid in running.children(process.pid) if heeds_signals(pid)]

        await running.until(first, "signals are heeded")
        os.kill(first()[0], signal.SIGTERM)
        assert await end(process) == (0, b"")


async def test_who_reads_the_settings_may_be_killed(tmp_path: Path) -> None:
    """As where memory is short: nothing is served, and that is an error."""
    async with starting(tmp_path, config=never_read(tmp_path)) as process:
        await running.until(lambda: running.children(process.pid), "the reader")
        os.kill(running.children(process.pid)[0], signal.SIGKILL)
        assert await end(process) == (
            137,
            b"svcdns: the process that reads the settings was ended by signal SIGKILL\n",
        )


async def test_a_table_may_be_damaged_before_there_is_a_watcher(tmp_path: Path) -> None:
    """It is made anew, and has one watcher: not one that begins, and another that takes its place."""
    async with starting(tmp_path) as process:
        async with asyncio.timeout(PATIENCE):
            # Without a pause, to come before the watcher.
            while not (found := running.workers(process.pid)):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0)
        os.kill(found[0], signal.SIGSEGV)
        await running.until(lambda: not running.is_alive(found[0]), "its end")
        await running.until(lambda: running.watcher(process.pid), "the watcher")
        await running.until(lambda: len(running.workers(process.pid)) == WORKERS, "workers")
        assert len(running.children(process.pid)) == WORKERS + 1
        process.send_signal(signal.SIGTERM)
        code, printed = await end(process)
        assert code == 0
        assert printed.count(b"the table may be damaged: it is made anew") == 1
