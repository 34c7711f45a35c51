"""The supervisor's child processes: forked, and started again with backoff when they end.

The supervisor has imported everything that workers need, so a forked worker answers after some
milliseconds. A child ends with its supervisor, even if that is killed.
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

from svcdns.backoff import Backoff
from svcdns.serve.runtime import ipc

log = logging.getLogger("svcdns.supervisor")

ProcessMain: TypeAlias = Callable[[socket.socket], int]
"""Runs the child, with its end of the socket pair; returns the exit code."""

_supervisor_sockets: set[socket.socket] = set()
"""The supervisor's ends of all socket pairs. A child closes them, to see the supervisor end."""

# Of all generations: SIGCHLD does not say whose child has ended.
_running: set["ChildProcess"] = set()

_PR_SET_PDEATHSIG = 1
"""The request of prctl(2) for a signal at the parent's death."""
FIRST_RESTART_DELAY = 0.05
"""Seconds before a restart if the last two processes ended early; doubled with each further one."""
MAX_RESTART_DELAY = 30.0
"""The longest delay before a restart, in seconds."""
STEADY_LIFETIME = 10.0
"""Seconds of life after which the next restart is immediate again."""


class ChildProcess:
    """A role that always has a process, for example worker 0: one that ends is replaced."""

    def __init__(
        self,
        name: str,
        main: ProcessMain,
        on_message: Callable[["ChildProcess", ipc.Message], None],
        on_exit: Callable[["ChildProcess", int], bool],
    ) -> None:
        """`on_message` is called for each message of the process, `on_exit` with each exit code.

        A signal's exit code is its negative number. `on_exit` returns whether to start another process,
        which is only done unless the child was told to stop.
        """
        self.name = name
        self.pid = 0
        """The running process; 0 while there is none."""
        self.ready = asyncio.Event()
        """Set when the process has said that it is ready; it stays set over restarts."""
        self.finished = asyncio.Event()
        """Set when the process has ended and is not replaced."""
        self.is_stopping = False
        """Whether the process was told to stop."""
        self._main = main
        self._on_message = on_message
        self._on_exit = on_exit
        self._socket: socket.socket | None = None
        self._restart_timer: asyncio.TimerHandle | None = None
        self._started_at = 0.0
        self._backoff = Backoff(FIRST_RESTART_DELAY, MAX_RESTART_DELAY, immediate=1, steady=STEADY_LIFETIME)

    def start(self) -> None:
        """Fork a process; it runs `main`, and never returns from here."""
        self._restart_timer = None
        self.is_stopping = False
        self.finished.clear()
        ours, theirs = ipc.create_socket_pair()

        def main() -> int:
            # The child's copy of our end: with it open, the child would never see our end close.
            ours.close()
            return self._main(theirs)

        pid = fork(main)
        # After the fork only the child has it, so its end is the end of the stream.
        theirs.close()
        _supervisor_sockets.add(ours)
        _running.add(self)
        self.pid = pid
        self._socket = ours
        self._started_at = time.monotonic()
        asyncio.get_running_loop().add_reader(ours, self._read_messages)

    @property
    def started_at(self) -> float:
        """When the last process was started (time.monotonic)."""
        return self._started_at

    def _read_messages(self) -> None:
        assert self._socket is not None  # noqa: S101 - it is what is read
        with contextlib.suppress(BlockingIOError):
            # Until there is no more: BlockingIOError ends it while the child lives, None at the stream's end.
            while (message := ipc.receive(self._socket)) is not None:
                if isinstance(message, ipc.Ready):
                    self.ready.set()
                self._on_message(self, message)
            # A socket at its end stays readable: the loop would call this again and again.
            asyncio.get_running_loop().remove_reader(self._socket)

    def reap(self) -> None:
        """Take the exit status if the process has ended, and start another unless that is not wanted."""
        if not self.pid:
            return

        # For this child alone: waiting for any would take the exit status of the settings' reader.
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return

        # Its last messages, with its last counts, come before its end.
        self._read_messages()
        # Before `_on_exit`, which may kill all readers of the table: this id is free for others now.
        self.pid = 0
        _running.discard(self)
        self._close_socket()
        if self._on_exit(self, os.waitstatus_to_exitcode(status)) and not self.is_stopping:
            self.schedule_restart()
        else:
            self.finished.set()

    def schedule_restart(self) -> None:
        """Start another process: at once, or after a delay if the last ones ended early."""
        wait = self._backoff.after(time.monotonic() - self._started_at)
        self._restart_timer = asyncio.get_running_loop().call_later(wait, self.start)

    def stop(self) -> None:
        """Tell the process to end, and do not replace it."""
        self.is_stopping = True
        # A restart that is due already would undo the stop.
        self.cancel_restart()
        self.send(ipc.StopRequest())

    def cancel_restart(self) -> None:
        """Cancel a restart that has been scheduled."""
        if self._restart_timer is not None:
            self._restart_timer.cancel()
            self._restart_timer = None

    def send(self, message: ipc.Message) -> None:
        """Send a message to the process; nothing happens if there is none."""
        if self._socket is not None:
            ipc.send(self._socket, message)

    async def wait_exit(self, timeout: float) -> None:
        """Wait until the process has ended; kill it after `timeout` seconds."""
        deadline = asyncio.get_running_loop().time() + timeout
        while self.pid:
            if asyncio.get_running_loop().time() > deadline:
                self.kill()
            # `reap` sets `pid` to 0, when SIGCHLD comes.
            await asyncio.sleep(0.01)

    def kill(self) -> None:
        """End the process at once (SIGKILL)."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

    def _close_socket(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            _supervisor_sockets.discard(self._socket)
            self._socket.close()
            self._socket = None


def reap_all() -> None:
    """Take the exit status of each process that has ended; to be called at SIGCHLD."""
    # One signal may stand for several ends, so all are looked at.
    for child in list_running():
        child.reap()


def list_running() -> list[ChildProcess]:
    """All children that have a process, those that are stopping too."""
    return list(_running)


def exit_cause(code: int) -> str:
    """An exit code as text: a signal's is its negative number."""
    # Real-time signals have no name.
    if -code in set(signal.Signals):
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def fork(main: Callable[[], int]) -> int:
    """Fork; the new process runs `main` and ends with the exit code that it returns. Returns its id."""
    # What is buffered now would be written by both processes.
    sys.stdout.flush()
    sys.stderr.flush()

    pid = os.fork()
    if pid == 0:
        _run_child(main)
    return pid


def _run_child(main: Callable[[], int]) -> NoReturn:
    """Leave the supervisor's event loop and signals behind, run the child, and exit."""
    code = os.EX_SOFTWARE
    try:
        # A signal would otherwise wake the supervisor's loop, through the pipe that both share.
        signal.set_wakeup_fd(-1)
        # Ctrl-C in a terminal reaches all processes. Children stop when the supervisor says so, in its order.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.SIG_IGN)
        exit_with_parent()
        # The inherited loop is the supervisor's: closing or using it would change the epoll that both share.
        asyncio.set_event_loop(None)
        # The supervisor had it off during its start (`entry`).
        gc.enable()
        for inherited in _supervisor_sockets:
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
        # Not sys.exit: the supervisor's own clean-up is on the stack.
        os._exit(code)


def exit_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (Linux).

    On other systems the end of the socket pair tells the child.
    """
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have ended before the request.
        if os.getppid() != parent:
            os._exit(0)
