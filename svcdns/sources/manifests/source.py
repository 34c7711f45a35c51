"""The manifests as a source: the first load, then each edit as a difference (`watch`)."""

import asyncio
import functools
import logging
import time
from collections.abc import Iterator, Mapping, Sequence

from svcdns.kube.manifest_objects import slim
from svcdns.kube.objects import TYPES, Change, Kept, Key, Kind
from svcdns.sources import KindStatus, Sink, problems, watch
from svcdns.sources.manifests.load import Loaded, Manifests

log = logging.getLogger("svcdns.manifests")


class ManifestSource:
    """Feeds the objects of manifests; see `sources.Source`."""

    def __init__(self, manifests: Manifests, *, endpoint_pod_names: bool = False) -> None:
        self.manifests = manifests
        self._pod_names = endpoint_pod_names
        self._pushed: dict[Kind, Mapping[Key, Kept]] = {}
        self._told = problems.Told(log)
        self._status = KindStatus(waiting_since=time.monotonic(), error="the files are being read")

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All of them; Pods also where the option `pods` makes no use of them."""
        return tuple(TYPES)

    @property
    def problems(self) -> int:
        """Mistakes in the manifests, as they are now."""
        return len(self._told)

    def status(self) -> Mapping[Kind, KindStatus]:
        """The same for each kind: the files are read together."""
        return dict.fromkeys(self.kinds, self._status)

    async def run(self, sink: Sink) -> None:
        """Feed the sink until cancelled; raises ManifestError where a path does not exist at first."""
        sink.identity(self.manifests.identity)
        self._pushed = {kind: sink.objects(kind) for kind in self.kinds}
        loaded = await asyncio.to_thread(self.manifests.load)
        log.info(
            "%d manifest files read, %d objects of other kinds passed over", loaded.files, loaded.ignored
        )
        self._push(loaded, sink)
        for kind in self.kinds:
            sink.synced(kind)
        await watch.follow(self.manifests, functools.partial(self._reload, sink), log)

    async def _reload(self, sink: Sink, touched: Sequence[str]) -> None:
        loaded = await asyncio.to_thread(self.manifests.reload, time.monotonic(), touched)
        if loaded is not None:
            self._push(loaded, sink)

    def _push(self, loaded: Loaded, sink: Sink) -> None:
        changes: list[Change] = []
        for kind in self.kinds:
            found = {key: slim(obj, self._pod_names) for key, obj in loaded.objects[kind].items()}
            changes += differences(kind, self._pushed[kind], found)
            self._pushed[kind] = found
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
        self._told.tell(loaded.problems)


def differences(kind: Kind, before: Mapping[Key, Kept], now: Mapping[Key, Kept]) -> Iterator[Change]:
    """What turns `before` into `now`: removals first, so that an address can change its owner."""
    for key in before.keys() - now.keys():
        yield Change(kind, key, None)
    for key, obj in now.items():
        known = before.get(key)
        if known is not obj and known != obj:
            yield Change(kind, key, obj)
