"""Since when the replies of one transport do not leave: all of them, not only some."""

IDLE_SECONDS = 5.0
"""Without any reply for so long, a worker is idle, and idle is well."""


class SendFailures:
    """Follows the numbers of replies from one report to the next; times are of `time.monotonic`."""

    def __init__(self) -> None:
        self._reply_total = 0
        self._unsent_total = 0
        self._failing_since: float | None = None
        self._last_failure = 0.0

    def update(self, now: float, reply_total: int, unsent_total: int) -> float | None:
        """When replies began to fail, none sent since then; None while any is sent, or none is due.

        The totals count from the worker's begin; `reply_total` includes the unsent ones.
        """
        replies, unsent = reply_total - self._reply_total, unsent_total - self._unsent_total
        self._reply_total, self._unsent_total = reply_total, unsent_total

        if replies > unsent:
            self._failing_since = None
        elif unsent:
            self._failing_since = now if self._failing_since is None else self._failing_since
            self._last_failure = now
        elif now - self._last_failure >= IDLE_SECONDS:
            self._failing_since = None

        return self._failing_since
