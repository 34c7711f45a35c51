"""Changes that cannot be taken, for a bug or a value that nobody foresaw: kept until a try succeeds."""

from typing import NamedTuple

from svcdns.cluster import specification as cluster
from svcdns.kube.objects import Change
from svcdns.kube.store import Store

MAX_ERROR_LENGTH = 300
"""Characters of an error that are kept: each object of a large cluster may have one."""


def describe(error: Exception) -> str:
    """An error as people are told it."""
    return f"{type(error).__name__}: {error}"[:MAX_ERROR_LENGTH]


class RefusedObjects:
    """The last change of each object whose change failed; the store has the object of before."""

    def __init__(self, store: Store) -> None:
        self.has_news = False
        """Whether other names than before are refused; to be set back by who has looked."""
        self._store = store
        self._refusals: dict[str, _Refusal] = {}

    @property
    def errors(self) -> dict[str, str]:
        """Why, by what people call the object."""
        return {subject: refusal.error for subject, refusal in self._refusals.items()}

    def collect_roots(self, options: cluster.ClusterOptions) -> dict[bytes, int]:
        """The names that these objects own, or would own."""
        roots: dict[bytes, int] = {}
        for change, _, own_roots in self._refusals.values():
            roots |= own_roots
            # Nothing else shows that the namespace exists.
            namespace = change.key[0]
            if change.new_object and namespace and not self._store.namespace_exists(namespace):
                roots |= cluster.namespace_roots(namespace, options)
        return roots

    def refuse(self, change: Change, error: Exception, options: cluster.ClusterOptions) -> None:
        """Keep the change for a later try."""
        try:
            roots = cluster.change_roots(change, self._store, options)
        except Exception:  # the object is as strange to those who would know its names
            roots = {}
        before = self._refusals.get(_subject_of(change))
        self.has_news |= before is None or before.roots != roots
        self._refusals[_subject_of(change)] = _Refusal(change, describe(error), roots)

    def take(self, change: Change, options: cluster.ClusterOptions) -> bool:
        """Let the store take a change; returns whether it was refused before, and is not any more."""
        try:
            self._store.apply(change)
        except Exception as error:  # a bug: it costs this object, not those that come with it
            self.refuse(change, error, options)
            return False
        return self._refusals.pop(_subject_of(change), None) is not None

    def retry(self, options: cluster.ClusterOptions) -> bool:
        """Try all again; returns whether the store has taken any."""
        # All of them, whatever becomes of the first.
        are_taken = [self.take(refusal.change, options) for refusal in list(self._refusals.values())]
        return any(are_taken)


class _Refusal(NamedTuple):
    change: Change
    error: str
    roots: dict[bytes, int]


def _subject_of(change: Change) -> str:
    return f"{change.kind} {'/'.join(filter(None, change.key))}"
