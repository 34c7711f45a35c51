"""A process of its own that reads the configuration again: the supervisor imports no pydantic.

OLD (flags, files) -> loader -> NEW (a plan), or exit code 2 with each fault in the log
"""

import logging
import sys
from pathlib import Path

from svcdns import errors, logs
from svcdns.serve import launch

log = logging.getLogger("svcdns.config")


def main(old: Path, new: Path) -> int:
    """Read what `old` was made of, and write what it is now to `new`; the exit code."""
    try:
        known = launch.load(old)
        logs.setup(known.plan.log_level, known.plan.log_format)
        launch.write(launch.read(known.flags), new)
    except (errors.ConfigError, OSError) as error:
        for line in str(error).splitlines():
            log.error("%s", line)
        return errors.ConfigError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
