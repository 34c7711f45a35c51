"""A file that is empty all at once: most likely it is being written.

Many programs empty a file before they write it (a shell's `>`, so `kubectl get -o yaml > file`). What it
said before stays for `GRACE` seconds; still empty after that, it is taken at its word.
"""

GRACE = 2.0
"""Seconds."""


class EmptiedFile:
    """Since when one file has been empty that was not; changes only in `is_being_written`."""

    def __init__(self) -> None:
        self._since: float | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it was being written at the last look, so that time alone brings a change."""
        return self._since is not None

    def is_being_written(self, is_emptied: bool, now: float) -> bool:
        """Whether what the file said before stays; `is_emptied`: it says nothing now, and did before.

        `now` is in seconds on a monotonic clock.
        """
        if not is_emptied:
            self._since = None
        elif self._since is None:
            self._since = now
        elif now - self._since >= GRACE:
            self._since = None
        return self._since is not None
