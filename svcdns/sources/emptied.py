"""A file that is suddenly empty: most likely a program is writing it just now.

Many programs empty a file before they write it (a shell's `>`, so `kubectl get -o yaml > file`). The
previous contents stay in use for `GRACE` seconds. A file that is still empty then is meant to be empty.
"""

GRACE = 2.0
"""Seconds: long enough for a program to compute what it will write."""


class EmptiedFile:
    """Since when one file has been empty that was not; changes only in `is_being_written`."""

    def __init__(self) -> None:
        self._since: float | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the file was being written at the last look, so that time alone brings a change."""
        return self._since is not None

    def is_being_written(self, is_emptied: bool, now: float) -> bool:
        """Return whether the previous contents stay in use.

        `is_emptied` says that the file is empty now and was not before. `now` is in seconds on a monotonic
        clock.
        """
        if not is_emptied:
            self._since = None
        elif self._since is None:
            self._since = now
        elif now - self._since >= GRACE:
            self._since = None

        return self._since is not None
