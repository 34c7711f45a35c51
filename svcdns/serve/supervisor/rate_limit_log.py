"""Logs when replies to a network of clients begin to be limited, and when that ends: once for all workers."""

import logging

from svcdns.rate_limited_log import RateLimitedLogger

log = RateLimitedLogger(logging.getLogger("svcdns.rate_limit"))


class RateLimitLog:
    """The networks that each worker limits, as it last reported."""

    def __init__(self) -> None:
        self._networks_by_worker: dict[str, frozenset[str]] = {}
        self._limited: frozenset[str] = frozenset()

    def update(self, worker: str, networks: list[str]) -> None:
        """Take over a worker's report, and log what it changes."""
        if not networks and not self._limited:
            return

        self._networks_by_worker[worker] = frozenset(networks)
        limited = frozenset().union(*self._networks_by_worker.values())
        for network in sorted(limited - self._limited):
            log.warning("replies to %s are limited: it asks for more than rate_limit", network)
        for network in sorted(self._limited - limited):
            log.info("replies to %s are no longer limited", network)
        self._limited = limited
