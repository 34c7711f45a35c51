"""The first moments of `svcdns serve`: it handles signals, and another process reads the settings.

    __main__ -> serve --config_reader--> command line, settings --Launch--> supervisor.main
                  └──── meanwhile the imports of the supervisor and its workers ────┘

The reader is forked after the imports that both processes need, so these happen once.
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
    """Serve until told to stop; return the exit code.

    `read` returns a Launch, or an exit code if there is nothing to serve (`--help`, an error). `read_again`
    returns what the flags mean at a reload, or raises ConfigError. Each call runs in a process of its own.
    """
    _handle_early_signals()

    # Imported modules are no garbage: the collector would only walk over them.
    gc.disable()
    from svcdns import printable_text
    from svcdns.serve.supervisor import config_reader

    reader = config_reader.start(read)

    # These imports take about as long as the reader needs, and run beside it.
    import asyncio

    from svcdns.serve.supervisor import supervisor

    try:
        launch = asyncio.run(reader.result())
    except config_reader.ReaderError as error:
        print(printable_text.escape_lines(f"svcdns: {error}"), file=sys.stderr)
        return error.exit_code

    return launch if isinstance(launch, int) else supervisor.main(launch, read_again)


def _handle_early_signals() -> None:
    """End at SIGINT and SIGTERM, ignore SIGHUP, until the supervisor takes over.

    The first process of a container ignores signals that it does not handle (pid_namespaces(7)). Nothing is
    served yet, so there is nothing to finish; and the settings are about to be read anyway.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
