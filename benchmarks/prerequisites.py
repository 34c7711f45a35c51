"""What a run needs of the machine."""

import os
import shutil
import signal
import sys

from benchmarks.cores import Cores

PACKAGES = {"dnsperf": "dnsperf", "taskset": "util-linux"}


def prepare() -> tuple[Cores, frozenset[int]]:
    """The cores of a run and all there are; this process is kept on the helper's.

    Ends the process where something is missing.
    """
    for program, package in PACKAGES.items():
        if not shutil.which(program):
            raise SystemExit(f"bench: {program} is missing; on Debian and Ubuntu: apt install {package}")

    available = frozenset(os.sched_getaffinity(0))
    cores = Cores.assign(available)
    if cores is None:
        raise SystemExit("bench: two cores are needed, one for the server and one for the load")

    os.sched_setaffinity(0, {cores.helper})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: ended"))  # and all that was started with it

    return cores, available
