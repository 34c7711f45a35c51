"""A list compared with the stored objects, page by page; and which resourceVersion is older. Pure.

Nothing is removed before the last page, so that there is no gap in the answers.
"""

from collections.abc import Iterable, Mapping

from svcdns.kube.objects import Change, Key, Kind, StoredObject


class ListDifference:
    """The changes that a list brings to the stored objects of a kind.

    `drift_count` is the number of those that the watch should have brought.
    """

    __slots__ = ("_kind", "_stored_objects", "_unseen_keys", "_watched_version", "drift_count")

    def __init__(self, kind: Kind, stored_objects: Mapping[Key, StoredObject], watched_version: str) -> None:
        """`watched_version` is the resourceVersion that the watch had reached; empty if there was none."""
        self.drift_count = 0
        self._kind: Kind = kind
        self._stored_objects = stored_objects
        self._watched_version = watched_version
        self._unseen_keys = set(stored_objects)

    def compare_page(
        self, objects: Mapping[Key, StoredObject], unreadable_keys: Iterable[Key]
    ) -> list[Change]:
        """Return the changes of a page; an object that cannot be read stays as it is stored."""
        self._unseen_keys.difference_update(objects, unreadable_keys)

        # Not by resourceVersion alone: after a restored backup, the same one may stand for another object.
        changes = [
            Change(self._kind, key, obj)
            for key, obj in objects.items()
            if self._stored_objects.get(key) != obj
        ]

        # Without a watch nobody could have reported these changes.
        if self._watched_version:
            self.drift_count += sum(self._was_missed(change.new_object) for change in changes)
        return changes

    def finish(self) -> list[Change]:
        """Return the removals, after the last page: what no page named is gone."""
        self.drift_count += len(self._unseen_keys) if self._watched_version else 0
        return [Change(self._kind, key, None) for key in self._unseen_keys]

    def _was_missed(self, obj: StoredObject | None) -> bool:
        version = (obj and obj.metadata.resource_version) or ""
        return is_before(version, self._watched_version) or version == self._watched_version


def is_before(version: str, other_version: str) -> bool:
    """Return whether one resourceVersion is older than another; False where one is no decimal number."""
    # The API's conventions call them opaque; in every API server with etcd they are its revisions.
    return version.isdecimal() and other_version.isdecimal() and int(version) < int(other_version)
