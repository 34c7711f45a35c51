"""Child processes: messages, exit codes, restarts, and an end on request or by force."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator

from svcdns.serve.runtime import ipc
from svcdns.serve.supervisor import processes
from svcdns.serve.supervisor.processes import ChildProcess, ProcessMain
from tests import running
from tests.patience import PATIENCE


class Recorder:
    """A child, with what it reported; it is started again `restarts` times."""

    def __init__(self, main: ProcessMain, restarts: int = 0) -> None:
        self.messages: list[ipc.Message] = []
        self.exit_codes: list[int] = []
        self._restarts_left = restarts
        self.child = ChildProcess("child", main, self._on_message, self._on_exit)

    def _on_message(self, child: ChildProcess, message: ipc.Message) -> None:
        self.messages.append(message)

    def _on_exit(self, child: ChildProcess, code: int) -> bool:
        self.exit_codes.append(code)
        self._restarts_left -= 1
        return self._restarts_left >= 0


@contextlib.asynccontextmanager
async def reaping() -> AsyncIterator[None]:
    """Take exit statuses at SIGCHLD, as the supervisor does."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGCHLD, processes.reap_all)
    try:
        yield
    finally:
        for child in processes.list_running():
            child.kill()
            await child.wait_exit(5.0)
        loop.remove_signal_handler(signal.SIGCHLD)


def wait_for_stop(control: socket.socket) -> int:
    """Say that it is ready, and end when it is told to; SIGTERM is not for it to act on."""
    ipc.send(control, ipc.Ready(service_count=3))
    control.setblocking(True)
    return 0 if isinstance(ipc.receive(control), ipc.StopRequest) else 9


def hang(control: socket.socket) -> int:
    """Take no request."""
    while True:
        signal.pause()


def fail(control: socket.socket) -> int:
    """End by an error."""
    raise ValueError("a bug")


async def test_a_child_reports_and_ends_when_it_is_told_to() -> None:
    recorder = Recorder(wait_for_stop, restarts=1)
    async with reaping():
        recorder.child.start()
        await asyncio.wait_for(recorder.child.ready.wait(), PATIENCE)
        assert processes.list_running() == [recorder.child]

        recorder.child.stop()
        await asyncio.wait_for(recorder.child.finished.wait(), PATIENCE)
    assert recorder.messages == [ipc.Ready(service_count=3)]
    assert recorder.exit_codes == [0], "a child that was told to stop is not started again"
    assert recorder.child.pid == 0
    assert processes.list_running() == []


async def test_a_child_that_does_not_end_is_killed() -> None:
    recorder = Recorder(hang)
    async with reaping():
        recorder.child.start()
        recorder.child.stop()
        await recorder.child.wait_exit(0.1)
    assert recorder.exit_codes == [-signal.SIGKILL]


async def test_an_error_is_an_exit_code_of_its_own() -> None:
    recorder = Recorder(fail)
    async with reaping():
        recorder.child.start()
        await asyncio.wait_for(recorder.child.finished.wait(), PATIENCE)
    assert recorder.exit_codes == [os.EX_SOFTWARE]


async def test_a_child_that_ends_is_started_again() -> None:
    recorder = Recorder(lambda control: 3, restarts=2)
    async with reaping():
        recorder.child.start()
        await asyncio.wait_for(recorder.child.finished.wait(), PATIENCE)
    assert recorder.exit_codes == [3, 3, 3]


async def test_a_scheduled_restart_can_be_cancelled() -> None:
    recorder = Recorder(wait_for_stop)
    async with reaping():
        recorder.child.schedule_restart()
        recorder.child.cancel_restart()
        await asyncio.sleep(0.2)
        assert recorder.child.pid == 0


async def test_a_child_ends_with_its_parent() -> None:
    """The parent is a child of this process, and is killed."""
    receiving, sending = os.pipe()

    def fork_a_grandchild(control: socket.socket) -> int:
        grandchild = os.fork()
        if not grandchild:
            processes.exit_with_parent()
            os.write(sending, b"%d" % os.getpid())
        return hang(control)

    recorder = Recorder(fork_a_grandchild)
    async with reaping():
        recorder.child.start()
        grandchild = int(await asyncio.to_thread(os.read, receiving, 20))
        recorder.child.kill()
        await running.until(lambda: not running.is_alive(grandchild), "the end of the grandchild")
    os.close(receiving)
    os.close(sending)
