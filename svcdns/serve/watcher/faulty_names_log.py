"""Logs which pieces of the cluster's names cannot be made: each when it begins, changes, and is over."""

import logging
from collections.abc import Mapping

MAX_LINES = 20
"""Pieces that one change of the faults names; the others are a number."""


class FaultyNamesLog:
    """Remembers what it has logged, so that no line comes twice."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._logged: dict[str, str] = {}

    def log_changes(self, faults: Mapping[str, str]) -> None:
        """Log what differs from the faults of the last call; they are errors by their subjects."""
        new = [subject for subject, error in faults.items() if self._logged.get(subject) != error]
        for subject in new[:MAX_LINES]:
            self._log.error(
                "%s: its names cannot be made (%s): those of before stay, marked as stale, and its other "
                "names get SERVFAIL. All else is answered. This is a bug: please report it with the object",
                subject,
                faults[subject],
            )
        if len(new) > MAX_LINES:
            self._log.error("and %d others", len(new) - MAX_LINES)

        ended = [subject for subject in self._logged if subject not in faults]
        for subject in ended[:MAX_LINES]:
            self._log.info("%s: its names are right again", subject)
        if len(ended) > MAX_LINES:
            self._log.info("and those of %d others", len(ended) - MAX_LINES)
        self._logged = dict(faults)
