"""The supervisor: opens the sockets, starts the others, starts them again, and ends them.

It parses no DNS message and no API object, and imports only what its workers need.

    launch.start (in the command line's process) -> exec -> main -> Supervisor
"""

import asyncio
import contextlib
import gc
import logging
import os
import resource
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from svcdns import errors, logs, tls
from svcdns.forward.notes import Note
from svcdns.serve import channel, plan, querylog, sockets, stored, worker
from svcdns.serve.children import Child, Main
from svcdns.serve.hearsay import Hearsay
from svcdns.serve.lookout import Lookout
from svcdns.serve.plan import Plan
from svcdns.serve.worker import Worker
from svcdns.table.files import StateFolder

log = logging.getLogger("svcdns.supervisor")

SOCKETS = 1 << 16
"""Descriptors of a process, where the system allows so many."""
STOP_TIMEOUT = 10.0
"""Seconds that children have to end after they were told to."""

_TABLE_FAULTS = (signal.SIGBUS, signal.SIGSEGV)
"""What ends a process that reads a map of a file that was cut or damaged."""


def main(descriptor: int) -> int:
    """Read the plan, and serve until told to stop; the exit code."""
    with os.fdopen(descriptor, "rb") as pipe:
        wanted = msgspec.json.decode(pipe.read(), type=Plan)
    logs.setup(wanted.log_level, wanted.log_format)
    _allow_sockets()
    try:
        state = StateFolder(plan.state_dir(wanted))
        opened = sockets.open_all(wanted.listen, wanted.workers)
        http = sockets.open_http(wanted.http)
        certificate = None
        if wanted.tls_cert and wanted.tls_key:
            certificate = tls.Certificate(Path(wanted.tls_cert), Path(wanted.tls_key), "dot")
        has_answers = stored.lay(wanted, state)
    except errors.SvcdnsError as error:
        print(f"svcdns: {error}", file=sys.stderr)
        return error.exit_code
    return asyncio.run(Supervisor(wanted, state, opened, http, certificate).run(has_answers))


def _allow_sockets() -> None:
    """Each question to an upstream has a socket of its own; the usual soft limit is 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = SOCKETS if hard == resource.RLIM_INFINITY else min(hard, SOCKETS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Supervisor:
    """The processes of one server."""

    def __init__(
        self,
        wanted: Plan,
        state: StateFolder,
        opened: list[sockets.Sockets],
        http: list[socket.socket],
        certificate: tls.Certificate | None,
    ) -> None:
        self._plan = wanted
        self._state = state
        self._http = http
        self._certificate = certificate
        self._exit_code = 0
        self._stopping = asyncio.Event()
        self._lameduck = 0
        self._greeted = False
        self._damaged = False
        self._hearsay = Hearsay(time.monotonic)
        self._policy = wanted.policy.made()
        self._loop_key = secrets.token_bytes(16)
        self._workers = [
            Child(f"worker {number}", self._worker_main(own), self._received, self._ended)
            for number, own in enumerate(opened)
        ]
        self._watcher = Child(channel.WATCHER, self._watcher_main, self._received, self._ended)
        self._queries, self._seen_queries = channel.pair()
        self._log = Child(querylog.NAME, self._log_main, self._received, self._ended)
        self._all = [*self._children, *([self._log] if wanted.query_log != "off" else [])]
        self._lookout = Lookout(wanted, state.path, opened, self._all)

    async def run(self, has_answers: bool) -> int:
        """Start everything, and wait for the end."""
        loop = asyncio.get_running_loop()
        self._lookout.laid(has_answers)
        loop.add_signal_handler(signal.SIGINT, self._end, 0)
        loop.add_signal_handler(signal.SIGTERM, self._end, self._plan.lameduck)
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        gc.freeze()
        for child in self._all:
            child.start()
        shown = ", ".join(map(str, self._plan.listen))
        log.info("answering on %s with %d workers", shown, self._plan.workers)
        if not self._plan.forwarding.routes:
            log.info("names outside the cluster are refused: there is no --forward")
        if has_answers:
            log.info("the first answers are those of the stored table, marked as stale")
        async with self._shown():
            await self._stopping.wait()
            self._lookout.stopping = True
            log.info(
                "stopping" + (f": answering on for {self._lameduck} s at most" if self._lameduck else "")
            )
            await self._stop()
        return self._exit_code

    def _end(self, lameduck: int) -> None:
        self._lameduck = lameduck
        self._stopping.set()

    @property
    def _children(self) -> list[Child]:
        return [*self._workers, self._watcher]

    @contextlib.asynccontextmanager
    async def _shown(self) -> AsyncIterator[None]:
        """Probes and metrics, where they are wanted."""
        if not self._http:
            yield
            return
        from svcdns.web import listening, pages  # now that the workers are there without it

        made = pages.Pages(self._lookout.look, self._plan.ready_when_stale, self._lookout.unhealthy)
        async with listening.listening(made.app, self._http, pages.BOUNDS):
            yield

    def _worker_main(self, own: sockets.Sockets) -> Main:
        def run(control: socket.socket) -> int:
            def tell(note: Note) -> None:
                channel.send(control, channel.Told(note))

            queries = querylog.opened(self._plan.query_log, self._plan.query_log_sample, self._queries)
            made = Worker(
                self._state.live, self._plan.forwarding, self._policy, self._loop_key, tell, queries
            )
            worker.run(made, control, own, self._certificate)
            return 0

        return run

    def _watcher_main(self, control: socket.socket) -> int:
        from svcdns.serve import watching

        return watching.run(self._plan, self._state.path, self._state.live, control)

    def _log_main(self, control: socket.socket) -> int:
        return querylog.run(control, self._seen_queries, self._plan.log_format)

    def _received(self, child: Child, message: channel.Message) -> None:
        self._lookout.told(child, message)
        if isinstance(message, channel.Told):
            self._hearsay.heard(message.note)
        elif isinstance(message, channel.Ready) and child is self._watcher:
            log.info("ready: %d Services", message.services)
            if not self._greeted and self._plan.log_format == "text":
                self._greet(message)
            self._greeted = True

    def _greet(self, message: channel.Ready) -> None:
        at = next((at for at in self._plan.listen if not at.tls), None)
        if at is None:
            return
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(at.host, at.host)  # noqa: S104 - shown, not bound
        print(f"svcdns serves {message.services} Services of {', '.join(self._plan.answers.zone)}. Try:")
        for example in message.examples:
            print(f"  dig @{host} -p {at.port} {example}")
        print("Ctrl-C ends it.", flush=True)

    def _ended(self, child: Child, code: int) -> bool:
        """Whether the child is to be started again."""
        self._lookout.ended(child)
        if self._stopping.is_set() or self._damaged:
            return False
        if child is self._watcher and not self._greeted and 0 < code < 64:
            self._exit_code = code
            self._stopping.set()
            return False
        log.warning("%s ended by %s; starting another", child.name, _cause(code))
        if -code in _TABLE_FAULTS:
            self._damaged = True
            for other in self._children:
                other.unplan()
                other.kill()
            return False
        if child is not self._watcher:
            self._watcher.send(channel.ReaderDied())
        return True

    def _reap(self) -> None:
        for child in self._all:
            child.reap()
        if self._damaged and not self._stopping.is_set() and not any(child.pid for child in self._children):
            self._damaged = False
            self._renew_table()

    def _renew_table(self) -> None:
        """No process has it open now: lay it anew, and start them all."""
        log.warning("the table may be damaged: it is made anew")
        try:
            self._lookout.laid(stored.lay(self._plan, self._state))
        except errors.TableError as error:
            log.error("%s", error)
            self._exit_code = error.exit_code
            self._stopping.set()
            return
        for child in self._children:
            child.start_again()

    async def _stop(self) -> None:
        """Workers first: they answer to the end; then the watcher, which saves the table."""
        for children in (self._workers, [self._watcher], [self._log]):
            for child in children:
                child.unplan()
                child.send(channel.Stopping(self._lameduck))
            await _gone(children, STOP_TIMEOUT + self._lameduck)
        self._state.close()


async def _gone(children: list[Child], patience: float) -> None:
    deadline = asyncio.get_running_loop().time() + patience
    while any(child.pid for child in children):
        if asyncio.get_running_loop().time() > deadline:
            for child in children:
                child.kill()
        await asyncio.sleep(0.01)


def _cause(code: int) -> str:
    if -code in set(signal.Signals):
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
