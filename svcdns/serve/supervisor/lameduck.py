"""Between SIGTERM and the end: whoever still asks here has not heard yet that others are to be asked.

All workers stay until its end: the system gives the sockets of each of them new clients, whether its last
ones still ask or not.
"""

import asyncio
import time
from collections.abc import Callable

from svcdns.serve.runtime import ipc

QUIET_PERIOD = 3.0
"""Seconds without a query after which nobody is believed to ask any more."""


async def wait_until_quiet(count_queries: Callable[[], int], timeout: float) -> None:
    """Return when no query came for a while, or after so many seconds at most.

    `queries` counts those of all workers, who tell of each within channel.TELL.
    """
    begun = heard = time.monotonic()
    seen = count_queries()
    while (now := time.monotonic()) < min(begun + timeout, heard + ipc.REPORT_INTERVAL + QUIET_PERIOD):
        if (told := count_queries()) != seen:
            seen, heard = told, now
        await asyncio.sleep(0.1)
