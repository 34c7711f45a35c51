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
from typing import TypeAlias

from svcdns.backoff import Backoff
from svcdns.serve.runtime import ipc

log = logging.getLogger("svcdns.supervisor")

ProcessMain: TypeAlias = Callable[[socket.socket], int]
"""The child's whole life, given its end of the channel; returns its exit code."""

_supervisor_sockets: set[socket.socket] = set()
"""The supervisor's ends: a child closes them all, or they would not end with the supervisor."""

_running: set["ChildProcess"] = set()

_PR_SET_PDEATHSIG = 1
FIRST_RESTART_DELAY, MAX_RESTART_DELAY = 0.05, 30.0
"""Seconds before one is started again whose last two lives were short, and the longest such wait."""
STEADY_LIFETIME = 10.0
"""A child that lived for so many seconds is started again at once."""


class ChildProcess:
    """One place for a process: whoever dies in it is replaced."""

    def __init__(
        self,
        name: str,
        main: ProcessMain,
        on_message: Callable[["ChildProcess", ipc.Message], None],
        on_exit: Callable[["ChildProcess", int], bool],
    ) -> None:
        """`ended` is told each exit status and says whether to start another; one that leaves has none."""
        self.name = name
        self.pid = 0
        self.ready = asyncio.Event()
        """It has said that it is; so has, at some time, one before it."""
        self.finished = asyncio.Event()
        """It has ended, and no other is to take its place."""
        self.is_stopping = False
        self._main = main
        self._on_message = on_message
        self._on_exit = on_exit
        self._socket: socket.socket | None = None
        self._restart_timer: asyncio.TimerHandle | None = None
        self._started_at = 0.0
        self._backoff = Backoff(FIRST_RESTART_DELAY, MAX_RESTART_DELAY, immediate=1, steady=STEADY_LIFETIME)

    def start(self) -> None:
        """Fork; the child never returns from here."""
        self._restart_timer = None
        self.is_stopping = False
        self.finished.clear()
        ours, theirs = ipc.create_socket_pair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            for inherited in (ours, *_supervisor_sockets):
                inherited.close()
            _run_child(self._main, theirs)
        theirs.close()
        _supervisor_sockets.add(ours)
        _running.add(self)
        self.pid, self._socket, self._started_at = pid, ours, time.monotonic()
        asyncio.get_running_loop().add_reader(ours, self._read_messages)

    @property
    def started_at(self) -> float:
        """When the last one was started (time.monotonic)."""
        return self._started_at

    def _read_messages(self) -> None:
        assert self._socket is not None  # noqa: S101 - it is what is read
        with contextlib.suppress(BlockingIOError):
            while (message := ipc.receive(self._socket)) is not None:
                if isinstance(message, ipc.Ready):
                    self.ready.set()
                self._on_message(self, message)
            asyncio.get_running_loop().remove_reader(self._socket)

    def reap(self) -> None:
        """Take its exit status if it has ended, and start another where that is wanted."""
        if not self.pid:
            return
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return
        self._read_messages()
        self.pid = 0
        _running.discard(self)
        self._close_socket()
        if self._on_exit(self, os.waitstatus_to_exitcode(status)) and not self.is_stopping:
            self.schedule_restart()
        else:
            self.finished.set()

    def schedule_restart(self) -> None:
        """Start another: at once, or after a while where they do not live long."""
        wait = self._backoff.after(time.monotonic() - self._started_at)
        self._restart_timer = asyncio.get_running_loop().call_later(wait, self.start)

    def stop(self) -> None:
        """Tell it to end."""
        self.is_stopping = True
        self.cancel_restart()
        self.send(ipc.StopRequest())

    def cancel_restart(self) -> None:
        """Do not start the one that is waiting to be."""
        if self._restart_timer is not None:
            self._restart_timer.cancel()
            self._restart_timer = None

    def send(self, message: ipc.Message) -> None:
        """Tell the process."""
        if self._socket is not None:
            ipc.send(self._socket, message)

    async def wait_exit(self, timeout: float) -> None:
        """Wait for its end, and after so many seconds make it."""
        deadline = asyncio.get_running_loop().time() + timeout
        while self.pid:
            if asyncio.get_running_loop().time() > deadline:
                self.kill()
            await asyncio.sleep(0.01)

    def kill(self) -> None:
        """End it without asking."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

    def _close_socket(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            _supervisor_sockets.discard(self._socket)
            self._socket.close()
            self._socket = None


def reap_all() -> None:
    """Take the exit status of each that has ended (SIGCHLD says that there may be one)."""
    for child in list_running():
        child.reap()


def list_running() -> list[ChildProcess]:
    """All that have a process, also those that leave."""
    return list(_running)


def _run_child(main: ProcessMain, control: socket.socket) -> None:
    """Everything of the supervisor's loop is left behind, then the child's own life begins."""
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.SIG_IGN)
        exit_with_parent()
        asyncio.set_event_loop(None)
        gc.enable()
        code = main(control)
    except KeyboardInterrupt:
        code = 0
    except BaseException:
        logging.getLogger("svcdns").exception("the process ended by an error")
    finally:
        with contextlib.suppress(Exception):
            logging.shutdown()
            sys.stderr.flush()
        os._exit(code)


def exit_with_parent() -> None:
    """SIGKILL when the supervisor is gone (Linux); elsewhere the end of the channel tells."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
