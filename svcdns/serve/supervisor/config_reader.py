"""A process of its own that reads the configuration again.

    OLD (flags, files) -> loader -> NEW: a plan, or OLD's with what is wrong with the files

So the supervisor imports no pydantic.
"""

import logging
import sys
from pathlib import Path

from svcdns import logs
from svcdns.errors import ConfigError
from svcdns.serve.runtime import launch_config
from svcdns.serve.runtime.launch_config import Launch

log = logging.getLogger("svcdns.config")


def main(old: Path, new: Path) -> int:
    """Read what `old` was made of, and write what it is now to `new`; the exit code."""
    try:
        known = launch_config.load(old)
        logs.configure(known.plan.log_level, known.plan.log_format)
        launch_config.write(_read(known), new)
    except OSError as error:
        log.error("%s", error)
        return 1
    return 0


def _read(known: Launch) -> Launch:
    try:
        return launch_config.read(known.flags)
    except ConfigError as error:
        return launch_config.instead(known, error)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
