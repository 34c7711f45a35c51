"""Reads the settings in another process, at the start and at a reload, so that their libraries end with it.

    start(read) --fork--> read() --Launch, as JSON--> pipe --> ConfigReader.result: a Launch, or an exit code

The supervisor therefore imports no pydantic. What the reader shares with it is imported once.
"""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable

import msgspec

from svcdns.errors import SvcdnsError
from svcdns.serve.runtime import launch_config
from svcdns.serve.runtime.launch_config import Launch
from svcdns.serve.supervisor import processes

FAILED = 70
"""EX_SOFTWARE of sysexits.h."""

_READ_SIZE = 1 << 16
"""Bytes of one read: what a pipe holds on Linux (pipe(7))."""


class ReaderError(SvcdnsError):
    """The process that reads the settings brought none; `exit_code` is the one for the server."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ConfigReader:
    """The reading process, from its start until its result is taken."""

    def __init__(self, pid: int, read_end: int) -> None:
        self._pid = pid
        self._read_end = read_end

    async def result(self, timeout: float | None = None) -> Launch | int:
        """What it read, or its exit code if it read nothing to serve; `timeout` is in seconds.

        Raises ReaderError if it hangs or dies. However this call ends, the process has ended too.
        """
        exit_code = None
        try:
            # The pipe is read first: a child with more to say than the pipe holds would not end before.
            async with asyncio.timeout(timeout):
                data = await self._read_all()
            # Closing the pipe is its last act, so this returns at once.
            exit_code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])  # noqa: ASYNC222
        except TimeoutError:
            message = f"the process that reads the settings did not finish within {timeout:g} s"
            raise ReaderError(message, 1) from None
        finally:
            os.close(self._read_end)
            # Not ended yet: it hangs, or this call was cancelled.
            if exit_code is None:
                self._kill()

        # os.waitstatus_to_exitcode gives a signal as its negative number.
        if exit_code < 0:
            message = f"the process that reads the settings was ended by {processes.exit_cause(exit_code)}"
            raise ReaderError(message, 128 - exit_code)  # as a shell has it
        # 0 without data: `--help` and the like have printed something, and that is all.
        if exit_code or not data:
            return exit_code
        try:
            return launch_config.decode(data)
        except msgspec.MsgspecError as error:
            raise ReaderError(f"the settings could not be handed over: {error}", 1) from error

    async def _read_all(self) -> bytes:
        """Everything up to the end of the pipe."""
        loop = asyncio.get_running_loop()
        # Reading must not block the loop, in which the supervisor handles signals.
        os.set_blocking(self._read_end, False)

        data = bytearray()
        readable = asyncio.Event()
        loop.add_reader(self._read_end, readable.set)
        try:
            while True:
                await readable.wait()
                readable.clear()
                # Nothing there although the loop was woken: wait once more.
                with contextlib.suppress(BlockingIOError):
                    chunk = os.read(self._read_end, _READ_SIZE)
                    if not chunk:
                        return bytes(data)
                    data += chunk
        finally:
            loop.remove_reader(self._read_end)

    def _kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        # After SIGKILL it ends at once; without this it would stay as a zombie.
        os.waitpid(self._pid, 0)


def start(read: Callable[[], object]) -> ConfigReader:
    """Fork, and call `read` in the new process: it returns a Launch, or an exit code if that is all."""
    read_end, write_end = os.pipe()

    def main() -> int:
        # With this copy open, the reader would not notice that nobody reads any more.
        os.close(read_end)
        # The process lives for a moment and mostly imports: none of that is garbage.
        gc.disable()

        try:
            result = read()
        except Exception:
            # A mistake in svcdns; logging may not be configured yet.
            sys.excepthook(*sys.exc_info())
            return FAILED

        if isinstance(result, Launch):
            with os.fdopen(write_end, "wb") as file:
                file.write(launch_config.encode(result))
        return result if isinstance(result, int) else 0

    pid = processes.fork(main)
    # Ours must go, or the end of the reader would not be the end of the pipe.
    os.close(write_end)
    return ConfigReader(pid, read_end)
