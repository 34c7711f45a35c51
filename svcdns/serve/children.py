"""Child processes of the supervisor: forked, watched, and started again with backoff.

A child is forked from the supervisor, which has imported what workers need: a new one answers after
some milliseconds. It ends with its supervisor, also where that is killed.
"""

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import NoReturn, TypeAlias

from svcdns.serve import channel

log = logging.getLogger("svcdns.supervisor")

Main: TypeAlias = Callable[[socket.socket], int]
"""The child's whole life, given its end of the channel; returns its exit code."""

_channels: set[socket.socket] = set()
"""The supervisor's ends: a child closes them all, or they would not end with the supervisor."""

_living: set["Child"] = set()

_PR_SET_PDEATHSIG = 1
FIRST_WAIT, LONGEST_WAIT = 0.05, 30.0
STEADY = 10.0
"""A child that lived for so many seconds is started again at once."""


class Child:
    """One place for a process: whoever dies in it is replaced."""

    def __init__(
        self,
        name: str,
        main: Main,
        received: Callable[["Child", channel.Message], None],
        ended: Callable[["Child", int], bool],
    ) -> None:
        """`ended` is told each exit status and says whether to start another; one that leaves has none."""
        self.name = name
        self.pid = 0
        self.ready = asyncio.Event()
        """It has said that it is; so has, at some time, one before it."""
        self.over = asyncio.Event()
        """It has ended, and no other is to take its place."""
        self.is_leaving = False
        self._main = main
        self._received = received
        self._ended = ended
        self._channel: socket.socket | None = None
        self._planned: asyncio.TimerHandle | None = None
        self._started_at = 0.0
        self._wait = 0.0

    def start(self) -> None:
        """Fork; the child never returns from here."""
        self._planned = None
        self.is_leaving = False
        self.over.clear()
        ours, theirs = channel.pair()

        def main() -> int:
            ours.close()
            return self._main(theirs)

        pid = fork(main)
        theirs.close()
        _channels.add(ours)
        _living.add(self)
        self.pid, self._channel, self._started_at = pid, ours, time.monotonic()
        asyncio.get_running_loop().add_reader(ours, self._read)

    @property
    def started_at(self) -> float:
        """When the last one was started (time.monotonic)."""
        return self._started_at

    def _read(self) -> None:
        assert self._channel is not None  # noqa: S101 - it is what is read
        with contextlib.suppress(BlockingIOError):
            while (message := channel.receive(self._channel)) is not None:
                if isinstance(message, channel.Ready):
                    self.ready.set()
                self._received(self, message)
            asyncio.get_running_loop().remove_reader(self._channel)

    def reap(self) -> None:
        """Take its exit status if it has ended, and start another where that is wanted."""
        if not self.pid:
            return
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return
        self._read()
        self.pid = 0
        _living.discard(self)
        self._close()
        if self._ended(self, os.waitstatus_to_exitcode(status)) and not self.is_leaving:
            self.start_again()
        else:
            self.over.set()

    def start_again(self) -> None:
        """Start another: at once, or after a while where they do not live long."""
        self._planned = asyncio.get_running_loop().call_later(self._next_wait(), self.start)

    def retire(self) -> None:
        """Tell it to end."""
        self.is_leaving = True
        self.unplan()
        self.send(channel.Stopping())

    def unplan(self) -> None:
        """Do not start the one that is waiting to be."""
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None

    def _next_wait(self) -> float:
        """Nothing after a steady life; then twice as long each time."""
        if time.monotonic() - self._started_at >= STEADY:
            self._wait = 0.0
            return 0.0
        wait, self._wait = self._wait, min(LONGEST_WAIT, max(FIRST_WAIT, 2 * self._wait))
        return wait

    def send(self, message: channel.Message) -> None:
        """Tell the process."""
        if self._channel is not None:
            channel.send(self._channel, message)

    async def gone(self, patience: float) -> None:
        """Wait for its end, and after so many seconds make it."""
        deadline = asyncio.get_running_loop().time() + patience
        while self.pid:
            if asyncio.get_running_loop().time() > deadline:
                self.kill()
            await asyncio.sleep(0.01)

    def kill(self) -> None:
        """End it without asking."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

    def _close(self) -> None:
        if self._channel is not None:
            asyncio.get_running_loop().remove_reader(self._channel)
            _channels.discard(self._channel)
            self._channel.close()
            self._channel = None


def reap() -> None:
    """Take the exit status of each that has ended (SIGCHLD says that there may be one)."""
    for child in living():
        child.reap()


def living() -> list[Child]:
    """All that have a process, also those that leave."""
    return list(_living)


def fork(main: Callable[[], int]) -> int:
    """The id of a new process, whose whole life is `main`: it ends with the exit code that this returns."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _become_child(main)
    return pid


def _become_child(main: Callable[[], int]) -> NoReturn:
    """Everything of the supervisor's loop is left behind, then the child's own life begins."""
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.SIG_IGN)
        end_with_parent()
        asyncio._set_running_loop(None)
        asyncio.set_event_loop(None)
        gc.enable()
        for inherited in _channels:
            inherited.close()
        code = main()
    except KeyboardInterrupt:
        code = 0
    except BaseException:
        logging.getLogger("svcdns").exception("the process ended by an error")
    finally:
        with contextlib.suppress(Exception):
            logging.shutdown()
            sys.stderr.flush()
        os._exit(code)


def end_with_parent() -> None:
    """SIGKILL when the supervisor is gone (Linux); elsewhere the end of the channel tells."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
