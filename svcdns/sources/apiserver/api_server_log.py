"""What is logged about the API server: each fault when it begins and when it is over, and nothing twice."""

import logging
from collections.abc import Callable, Iterable

from svcdns.kube.objects import Change, Key, Kind
from svcdns.rate_limited_log import LastingFault
from svcdns.sources.apiserver.api_errors import Recovery
from svcdns.sources.apiserver.object_decoder import UndecodableObject

_ANSWERS_AGAIN = "the API server answers again"


class FaultLog:
    """The faults of all kinds of objects: an API server that is gone is one line, not one for each kind."""

    def __init__(self, log: logging.Logger, repeat_interval: float, clock: Callable[[], float]) -> None:
        """A fault that lasts is logged again after `repeat_interval` seconds of `clock`."""
        self._log = log
        self._repeat_interval = repeat_interval
        self._clock = clock
        self._shared_fault = self._create_fault(_ANSWERS_AGAIN)
        self._shared_by: set[Kind] = set()
        """The kinds whose last attempt failed by it."""
        self._own_faults: dict[Kind, LastingFault] = {}

    def begin(self, kind: Kind, recovery: Recovery, cause: BaseException | None = None) -> None:
        """An attempt of a kind failed; with `cause`, its traceback is logged too."""
        level = logging.INFO if recovery.is_expected else logging.WARNING
        if recovery.is_shared:
            self._shared_by.add(kind)
            self._shared_fault.begin(recovery.log_text, level)
            return

        # It is another fault now: what all kinds share is over for this one.
        self._leave_shared_fault(kind)
        if kind not in self._own_faults:
            self._own_faults[kind] = self._create_fault(f"{kind}s are listed and watched again")
        self._own_faults[kind].begin(recovery.log_text, level, cause)

    def end(self, kind: Kind) -> None:
        """An attempt of a kind succeeded."""
        self._leave_shared_fault(kind)
        if kind in self._own_faults:
            self._own_faults[kind].end()

    def _leave_shared_fault(self, kind: Kind) -> None:
        self._shared_by.discard(kind)
        if not self._shared_by:
            self._shared_fault.end()

    def _create_fault(self, end_text: str) -> LastingFault:
        return LastingFault(self._log, end_text, self._repeat_interval, self._clock)


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

    def note_readable(self, keys: Iterable[Key]) -> None:
        """These objects can be read."""
        # Nearly always there are none, and `keys` are those of a whole page.
        if self._versions:
            for key in keys:
                self._forget(key, "can be read again")

    def note_changes(self, changes: Iterable[Change]) -> None:
        """These objects can be read, or are gone."""
        if self._versions:
            for change in changes:
                self._forget(change.key, "is gone" if change.new_object is None else "can be read again")

    def _forget(self, key: Key, text: str) -> None:
        if self._versions.pop(key, None) is not None:
            self._log.info("%s %s %s", self._kind, "/".join(filter(None, key)), text)
