"""The first moments of `svcdns serve`: signals are heeded, and another process reads what is to be served.

    __main__ -> serve --fork--> command line, settings --Launch--> supervisor.main
                  └── meanwhile the imports of the supervisor and its workers ──┘

The libraries of the command line and of the settings end with that process: they would stay in memory
here. It is forked behind the imports that both need, so that they are made once.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn


def serve(read: Callable[[], object]) -> int:
    """Serve until told to stop; the exit code.

    `read` is called in a process of its own, and gives a Launch; or an exit code, and then that was all.
    """
    _handle_early_signals()
    gc.disable()  # until the supervisor has all: what is imported is no garbage
    from svcdns.serve.runtime import launch_config
    from svcdns.serve.supervisor import processes

    receiving, sending = os.pipe()
    sys.stdout.flush()
    reader = os.fork()
    if reader == 0:
        os.close(receiving)
        processes.exit_with_parent()
        _run_reader(read, sending)
    os.close(sending)
    from svcdns.serve.supervisor import supervisor

    with os.fdopen(receiving, "rb") as file:
        handed = file.read()
    code = os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1])
    if code < 0:
        print(f"svcdns: who read the settings was ended by signal {-code}", file=sys.stderr)
    if code or not handed:
        return code if code >= 0 else 128 - code
    return supervisor.main(launch_config.decode(handed))


def _handle_early_signals() -> None:
    """Until the supervisor does. As the first process of a container nothing else would: pid_namespaces(7).

    There is nothing yet to be finished. All is about to be read, so SIGHUP asks for nothing more.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _run_reader(read: Callable[[], object], sending: int) -> NoReturn:
    from svcdns.serve.runtime import launch_config

    code = 70
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        found = read()
        if isinstance(found, launch_config.Launch):
            with os.fdopen(sending, "wb") as file:
                file.write(launch_config.encode(found))
        code = found if isinstance(found, int) else 0
    except Exception:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)
