"""The first moments of `svcdns serve`: signals are heeded, and another process reads what is to be served.

    __main__ -> serve --config_reader--> command line, settings --Launch--> supervisor.main
                  └──── meanwhile the imports of the supervisor and its workers ────┘

The reader is forked behind the imports that both need, so that they are made once.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from svcdns.serve.runtime.launch_config import Launch


def serve(read: Callable[[], object], read_again: "Callable[[Mapping[str, Any]], Launch]") -> int:
    """Serve until told to stop; the exit code.

    `read` gives a Launch; or an exit code, and then that was all. `read_again` gives what flags mean at a
    reload, or raises ConfigError. Both are called in processes of their own.
    """
    _handle_early_signals()
    gc.disable()  # until the supervisor has all: what is imported is no garbage
    from svcdns.serve.supervisor import config_reader

    reader = config_reader.start(read)
    import asyncio

    from svcdns.serve.supervisor import supervisor

    try:
        found = asyncio.run(reader.result())
    except config_reader.ReaderError as error:
        print(f"svcdns: {error}", file=sys.stderr)
        return error.exit_code
    return found if isinstance(found, int) else supervisor.main(found, read_again)


def _handle_early_signals() -> None:
    """Until the supervisor does. As the first process of a container nothing else would: pid_namespaces(7).

    There is nothing yet to be finished. All is about to be read, so SIGHUP asks for nothing more.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
