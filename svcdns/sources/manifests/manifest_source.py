"""The manifests as a source: the first load, then each edit as a difference (`watch`)."""

import asyncio
import functools
import logging
import time
from collections.abc import Iterator, Mapping, Sequence

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
    """Feeds the objects of manifests; see `sources.Source`."""

    def __init__(self, file_set: ManifestFileSet, *, endpoint_pod_names: bool = False) -> None:
        self.file_set = file_set
        self._with_pod_names = endpoint_pod_names
        self._pushed_objects: dict[Kind, Mapping[Key, StoredObject]] = {}
        self._problem_log = file_problems.ProblemLog(log)
        self._status = KindStatus(waiting_since=time.monotonic(), error="the files are being read")

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All of them; Pods also where the option `pods` makes no use of them."""
        return tuple(OBJECT_TYPES)

    @property
    def problem_count(self) -> int:
        """Mistakes in the manifests, as they are now."""
        return len(self._problem_log)

    def get_statuses(self) -> Mapping[Kind, KindStatus]:
        """The same for each kind: the files are read together."""
        return dict.fromkeys(self.kinds, self._status)

    async def run(self, sink: ObjectSink) -> None:
        """Feed the sink until cancelled; raises ManifestError where a path does not exist at first."""
        sink.set_cluster_identity(self.file_set.identity)
        self._pushed_objects = {kind: sink.get_objects(kind) for kind in self.kinds}
        loaded = await asyncio.to_thread(self.file_set.load, time.monotonic())
        log.info(
            "%d manifest files read, %d objects of other kinds passed over",
            loaded.file_count,
            loaded.ignored_count,
        )
        self._push(loaded, sink)
        for kind in self.kinds:
            sink.mark_synced(kind)
        await file_watcher.watch_files(self.file_set, functools.partial(self._reload, sink), log)

    async def _reload(self, sink: ObjectSink, reported_paths: Sequence[str]) -> None:
        loaded = await asyncio.to_thread(self.file_set.reload, time.monotonic(), reported_paths)
        if loaded is not None:
            self._push(loaded, sink)

    def _push(self, loaded: LoadedManifests, sink: ObjectSink) -> None:
        changes: list[Change] = []
        for kind in self.kinds:
            found = {
                key: to_stored_object(obj, self._with_pod_names) for key, obj in loaded.objects[kind].items()
            }
            changes += compute_changes(kind, self._pushed_objects[kind], found)
            self._pushed_objects[kind] = found
        now, before = time.monotonic(), self._status
        self._status = KindStatus(
            waiting_since=None,
            last_list=now,
            lists=before.lists + 1,
            last_event=now if changes else before.last_event,
        )
        if changes:
            log.info("%d objects changed", len(changes))
            sink.push(changes)
        self._problem_log.log_changes(loaded.problems)


def compute_changes(
    kind: Kind, before: Mapping[Key, StoredObject], after: Mapping[Key, StoredObject]
) -> Iterator[Change]:
    """What turns `before` into `now`: removals first, so that an address can change its owner."""
    for key in before.keys() - after.keys():
        yield Change(kind, key, None)
    for key, obj in after.items():
        known = before.get(key)
        if known is not obj and known != obj:
            yield Change(kind, key, obj)
