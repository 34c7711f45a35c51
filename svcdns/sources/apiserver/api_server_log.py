"""A log that does not repeat itself."""

import logging
from collections.abc import Callable, Iterable

from svcdns.kube.objects import Key, Kind
from svcdns.rate_limited_log import RecentMessages
from svcdns.sources.apiserver.object_decoder import UndecodableObject


class RateLimitedWarnings:
    """Logs a warning when its text is new, then once per `repeat` seconds while it lasts.

    All kinds of a source share one, so an API server that is gone is one line, not four.
    """

    def __init__(self, log: logging.Logger, repeat_interval: float, clock: Callable[[], float]) -> None:
        self._log = log
        self._recent = RecentMessages[str](repeat_interval, clock)

    def warn(self, text: str) -> None:
        """Log `text`, unless it was within the last `repeat` seconds."""
        if self._recent.is_new(text):
            self._log.warning("%s", text)

    def reset(self) -> None:
        """An attempt succeeded: whatever comes next is new."""
        self._recent.clear()


class UnreadableObjects:
    """The objects of a kind that cannot be read now; each bad version is logged once."""

    def __init__(self, log: logging.Logger, kind: Kind) -> None:
        self._log = log
        self._kind = kind
        self._versions: dict[Key, str] = {}

    def __len__(self) -> int:
        return len(self._versions)

    def report(self, undecodable: Iterable[UndecodableObject]) -> set[Key]:
        """Log what is new, and return which they are; the last good version of each stays."""
        keys = set()
        for one in undecodable:
            if one.key is None:
                self._log.error("%s without a name: %s", self._kind, one.reason)
                continue
            keys.add(one.key)
            if self._versions.get(one.key) != one.resource_version:
                self._versions[one.key] = one.resource_version
                self._log.error(
                    "%s %s cannot be read, its last good version stays: %s",
                    self._kind,
                    "/".join(filter(None, one.key)),
                    one.reason,
                )
        return keys

    def remove(self, keys: Iterable[Key]) -> None:
        """These can be read, or are gone."""
        for key in keys if self._versions else ():
            self._versions.pop(key, None)
