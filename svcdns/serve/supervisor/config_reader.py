"""Another process reads the settings, at the start as at a reload: their libraries end with it.

    start(read) --fork--> read() --Launch, as JSON--> pipe --> ConfigReader.result: a Launch, or an exit code

So the supervisor imports no pydantic; and what the reader shares with it is imported once.
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

_CHUNK = 1 << 16


class ReaderError(SvcdnsError):
    """Who read the settings brought none."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ConfigReader:
    """The process, from its start until its result was taken."""

    def __init__(self, pid: int, receiving: int) -> None:
        self._pid = pid
        self._receiving = receiving

    async def result(self, patience: float | None = None) -> Launch | int:
        """What it read, or the exit code where that was all; within so many seconds where there is a limit.

        Raises ReaderError where it hangs or dies. However this ends, the process has ended too.
        """
        code = None
        try:
            async with asyncio.timeout(patience):
                data = await self._read_all()
            # The end of its pipe is its last act: this waits for nothing.
            code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])  # noqa: ASYNC222
        except TimeoutError:
            raise ReaderError(f"who read the settings had not finished after {patience:g} s", 1) from None
        finally:
            os.close(self._receiving)
            if code is None:
                self._kill()
        if code < 0:
            raise ReaderError(f"who read the settings was ended by signal {-code}", 128 - code)
        if code or not data:
            return code
        try:
            return launch_config.decode(data)
        except msgspec.MsgspecError as error:
            raise ReaderError(f"what the settings are could not be handed over: {error}", 1) from error

    async def _read_all(self) -> bytes:
        """All until the end of the pipe."""
        loop = asyncio.get_running_loop()
        os.set_blocking(self._receiving, False)
        chunks = bytearray()
        readable = asyncio.Event()
        loop.add_reader(self._receiving, readable.set)
        try:
            while True:
                await readable.wait()
                readable.clear()
                with contextlib.suppress(BlockingIOError):
                    chunk = os.read(self._receiving, _CHUNK)
                    if not chunk:
                        return bytes(chunks)
                    chunks += chunk
        finally:
            loop.remove_reader(self._receiving)

    def _kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def start(read: Callable[[], object]) -> ConfigReader:
    """Fork; `read` is called in the new process, and gives a Launch, or an exit code and that was all."""
    receiving, sending = os.pipe()

    def main() -> int:
        os.close(receiving)
        gc.disable()  # it lives for a moment, in which it imports much: none of that is garbage
        try:
            found = read()
        except Exception:  # an error of ours; perhaps there is no log yet
            sys.excepthook(*sys.exc_info())
            return FAILED
        if isinstance(found, Launch):
            with os.fdopen(sending, "wb") as file:
                file.write(launch_config.encode(found))
        return found if isinstance(found, int) else 0

    pid = processes.fork(main)
    os.close(sending)
    return ConfigReader(pid, receiving)
