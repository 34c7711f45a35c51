"""What is logged about the API server: nothing is repeated while it lasts."""

import logging
from collections.abc import Callable, Iterable

from svcdns.kube.objects import Key, Kind
from svcdns.rate_limited_log import RecentMessages
from svcdns.sources.apiserver.object_decoder import UndecodableObject


class RateLimitedWarnings:
    """Logs a warning when its text is new, then once in `repeat_interval` seconds while it lasts."""

    def __init__(self, log: logging.Logger, repeat_interval: float, clock: Callable[[], float]) -> None:
        self._log = log
        self._recent = RecentMessages[str](repeat_interval, clock)

    def warn(self, text: str) -> None:
        """Log `text`, unless it was logged within the last `repeat_interval` seconds."""
        if self._recent.is_new(text):
            self._log.warning("%s", text)

    def reset(self) -> None:
        """Forget all warnings: an attempt succeeded, so whatever comes next is new."""
        self._recent.clear()


class UnreadableObjects:
    """The objects of a kind that cannot be read now; its length is their number."""

    def __init__(self, log: logging.Logger, kind: Kind) -> None:
        self._log = log
        self._kind = kind
        self._versions: dict[Key, str] = {}

    def __len__(self) -> int:
        return len(self._versions)

    def report(self, undecodable: Iterable[UndecodableObject]) -> set[Key]:
        """Log each bad version once; returns the keys of the objects, whose last good versions stay."""
        keys = set()
        for bad_object in undecodable:
            # Without its name nobody can tell whether it was logged before.
            if bad_object.key is None:
                self._log.error("%s without a name: %s", self._kind, bad_object.reason)
                continue

            keys.add(bad_object.key)
            if self._versions.get(bad_object.key) != bad_object.resource_version:
                self._versions[bad_object.key] = bad_object.resource_version
                self._log.error(
                    "%s %s cannot be read, its last good version stays: %s",
                    self._kind,
                    "/".join(filter(None, bad_object.key)),
                    bad_object.reason,
                )

        return keys

    def remove(self, keys: Iterable[Key]) -> None:
        """Forget these objects: they can be read, or are gone."""
        # Nearly always there are none, and `keys` are those of a whole page.
        if not self._versions:
            return

        for key in keys:
            self._versions.pop(key, None)
