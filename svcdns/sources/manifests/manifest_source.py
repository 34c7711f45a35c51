"""The manifests as a source: all objects at the first load, then each edit as a difference."""

import functools
import logging
import time
from collections.abc import Iterator, Mapping

from svcdns.kube.manifests.manifest_objects import to_stored_object
from svcdns.kube.objects import OBJECT_TYPES, Change, Key, Kind, StoredObject
from svcdns.sources import (
    KindStatus,
    ObjectSink,
    file_problems,
    file_watcher,
)
from svcdns.sources.manifests.manifest_file_set import LoadedManifests, ManifestFileSet

log = logging.getLogger("svcdns.manifests")


class ManifestSource:
    """Feeds the objects of manifests into a sink; see `sources.ObjectSource`."""

    def __init__(self, file_set: ManifestFileSet, *, endpoint_pod_names: bool = False) -> None:
        self.file_set = file_set
        self._with_pod_names = endpoint_pod_names
        self._pushed_objects: dict[Kind, Mapping[Key, StoredObject]] = {}
        self._has_synced = False
        self._problem_log = file_problems.ProblemLog(log)
        self._status = KindStatus(waiting_since=time.monotonic(), error="the files are being read")

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All kinds; Pods also where the option `pods` makes no use of them."""
        return tuple(OBJECT_TYPES)

    @property
    def problem_count(self) -> int:
        """The number of mistakes in the manifests, as they are now."""
        return len(self._problem_log)

    def get_statuses(self) -> Mapping[Kind, KindStatus]:
        """Return the same state for each kind: the files are read together."""
        return dict.fromkeys(self.kinds, self._status)

    async def run(self, sink: ObjectSink) -> None:
        """Feed the sink until cancelled; raises ManifestError where a path does not exist at first."""
        sink.set_cluster_identity(self.file_set.identity)
        self._has_synced = False
        # The sink may hold the objects of an earlier run: only the difference to them is pushed.
        self._pushed_objects = {kind: sink.get_objects(kind) for kind in self.kinds}
        await file_watcher.follow_files(self.file_set, functools.partial(self._publish, sink), log)

    async def _publish(self, sink: ObjectSink, loaded: LoadedManifests) -> None:
        if not self._has_synced:
            log.info(
                "%d manifest files read, %d objects of other kinds skipped",
                loaded.file_count,
                loaded.ignored_count,
            )

        self._push(loaded, sink)
        self._problem_log.log_changes(loaded.problems)

        if not self._has_synced:
            self._has_synced = True
            for kind in self.kinds:
                sink.mark_synced(kind)

    def _push(self, loaded: LoadedManifests, sink: ObjectSink) -> None:
        changes: list[Change] = []
        for kind in self.kinds:
            current = {
                key: to_stored_object(obj, self._with_pod_names) for key, obj in loaded.objects[kind].items()
            }
            changes += compute_changes(kind, self._pushed_objects[kind], current)
            self._pushed_objects[kind] = current

        now = time.monotonic()
        self._status = KindStatus(
            waiting_since=None,
            last_list=now,
            lists=self._status.lists + 1,
            last_event=now if changes else self._status.last_event,
        )

        if changes:
            log.info("%d objects changed", len(changes))
            sink.push(changes)


def compute_changes(
    kind: Kind, before: Mapping[Key, StoredObject], after: Mapping[Key, StoredObject]
) -> Iterator[Change]:
    """Yield what turns `before` into `after`: removals first, so that an address can change its owner."""
    for key in before.keys() - after.keys():
        yield Change(kind, key, None)

    for key, obj in after.items():
        previous = before.get(key)
        # An object of a file that did not change may be the very same one: no need to compare its fields.
        if previous is not obj and previous != obj:
            yield Change(kind, key, obj)
