"""Waits between SIGTERM and the end: clients that still ask have not heard yet that this server stops.

All workers stay until the end: the system may give new clients to the sockets of any of them, whether
its previous ones still ask or not.
"""

import asyncio
import time
from collections.abc import Callable

from svcdns.serve.runtime import ipc

QUIET_PERIOD = 3.0
"""Seconds without a query after which all clients are believed to have gone."""
_POLL_INTERVAL = 0.1
"""Seconds between two looks at the number of queries."""


async def wait_until_quiet(count_queries: Callable[[], int], timeout: float) -> None:
    """Return when no query came for a while, or after `timeout` seconds.

    `count_queries` returns the queries of all workers so far; each is in it within `ipc.REPORT_INTERVAL`.
    """
    started_at = time.monotonic()
    last_query_at = started_at
    query_count = count_queries()

    # A query of the quiet period may be reported as late as one interval after it.
    quiet_seconds = ipc.REPORT_INTERVAL + QUIET_PERIOD
    while (now := time.monotonic()) < min(started_at + timeout, last_query_at + quiet_seconds):
        new_count = count_queries()
        if new_count != query_count:
            query_count = new_count
            last_query_at = now
        await asyncio.sleep(_POLL_INTERVAL)
