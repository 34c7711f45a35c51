"""A list against what is known, page by page; and what is older, by resourceVersion. Pure.

Nothing is removed before the last page, so that there is no gap in the answers.
"""

from collections.abc import Iterable, Mapping

from svcdns.kube.objects import Change, Key, Kind, StoredObject


class ListDifference:
    """What a list tells of a kind that is not known; `watched` is where its watch had come to, if it had.

    `drift` counts what that watch should have told.
    """

    __slots__ = ("_kind", "_known_objects", "_unseen_keys", "_watched_version", "drift_count")

    def __init__(self, kind: Kind, known_objects: Mapping[Key, StoredObject], watched_version: str) -> None:
        self.drift_count = 0
        self._kind: Kind = kind
        self._known_objects = known_objects
        self._watched_version = watched_version
        self._unseen_keys = set(known_objects)

    def compare_page(
        self, objects: Mapping[Key, StoredObject], unreadable_keys: Iterable[Key]
    ) -> list[Change]:
        """What a page makes different; what cannot be read stays as it is known."""
        self._unseen_keys.difference_update(objects, unreadable_keys)
        # Not by resourceVersion alone: after a backup was restored each comes again, for something else.
        changes = [
            Change(self._kind, key, obj)
            for key, obj in objects.items()
            if self._known_objects.get(key) != obj
        ]
        if self._watched_version:
            self.drift_count += sum(self._was_missed(change.new_object) for change in changes)
        return changes

    def finish(self) -> list[Change]:
        """After the last page: what no page named is gone."""
        self.drift_count += len(self._unseen_keys) if self._watched_version else 0
        return [Change(self._kind, key, None) for key in self._unseen_keys]

    def _was_missed(self, obj: StoredObject | None) -> bool:
        version = (obj and obj.metadata.resource_version) or ""
        return is_before(version, self._watched_version) or version == self._watched_version


def is_before(version: str, other_version: str) -> bool:
    """Whether one resourceVersion is older than another: decimal numbers, as etcd counts."""
    return version.isdecimal() and other_version.isdecimal() and int(version) < int(other_version)
