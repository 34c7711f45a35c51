"""A list against what is known, page by page; and what is older, by resourceVersion. Pure.

Nothing is removed before the last page, so that there is no gap in the answers.
"""

from collections.abc import Iterable, Mapping

from svcdns.kube.objects import Change, Kept, Key, Kind


class Difference:
    """What a list tells of a kind that is not known; `watched` is where its watch had come to, if it had.

    `drift` counts what that watch should have told.
    """

    __slots__ = ("_kind", "_known", "_unseen", "_watched", "drift")

    def __init__(self, kind: Kind, known: Mapping[Key, Kept], watched: str) -> None:
        self.drift = 0
        self._kind: Kind = kind
        self._known = known
        self._watched = watched
        self._unseen = set(known)

    def page(self, found: Mapping[Key, Kept], unreadable: Iterable[Key]) -> list[Change]:
        """What a page makes different; what cannot be read stays as it is known."""
        self._unseen.difference_update(found, unreadable)
        # Not by resourceVersion alone: after a backup was restored each comes again, for something else.
        changes = [Change(self._kind, key, obj) for key, obj in found.items() if self._known.get(key) != obj]
        if self._watched:
            self.drift += sum(self._missed(change.object) for change in changes)
        return changes

    def rest(self) -> list[Change]:
        """After the last page: what no page named is gone."""
        self.drift += len(self._unseen) if self._watched else 0
        return [Change(self._kind, key, None) for key in self._unseen]

    def _missed(self, obj: Kept | None) -> bool:
        version = (obj and obj.metadata.resource_version) or ""
        return is_before(version, self._watched) or version == self._watched


def is_before(version: str, other: str) -> bool:
    """Whether one resourceVersion is older than another: decimal numbers, as etcd counts."""
    return version.isdecimal() and other.isdecimal() and int(version) < int(other)
