"""From the command line to the supervisor, in the same process."""

import os
import sys
from typing import NoReturn

import msgspec

from svcdns.config.settings import Settings
from svcdns.config.source import Origin
from svcdns.serve import plan


def start(settings: Settings, origin: Origin) -> NoReturn:
    """Become the supervisor: exec, so that nothing of the command line stays in memory."""
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(msgspec.json.encode(plan.from_settings(settings, origin)))
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "svcdns.serve.supervisor", str(reading)])  # noqa: S606
