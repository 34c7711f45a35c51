"""The manifests as a source: the first load, then each edit as a difference, within milliseconds.

Strategy: what the file watcher reports is only a hint that something changed. The folders are then
looked at again and the files that differ are read, so a missed or doubled report does no harm; once
in a while they are looked at without any report, for file systems that send none (NFS, some mounts).
Watched are folders, never files: editors and ConfigMaps replace files instead of writing them.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping

import watchfiles

from svcdns.kube.manifest_objects import slim
from svcdns.kube.objects import TYPES, Change, Key, Kind, KubeObject
from svcdns.sources import Sink
from svcdns.sources.manifests.load import Loaded, Manifests
from svcdns.sources.manifests.problems import Problem

log = logging.getLogger("svcdns.manifests")

_STEP = 10  # ms without another change before a burst of them counts as over; half a percent of a core
_DEBOUNCE = 50  # ms after which a burst is looked at though it goes on
_TICK = 1000  # ms between two looks at the clock
_RESCAN = 10  # ticks between two looks at the folders without a report


class ManifestSource:
    """Feeds the objects of manifests; see `sources.Source`."""

    def __init__(self, manifests: Manifests) -> None:
        self.manifests = manifests
        self._pushed: dict[Kind, Mapping[Key, KubeObject]] = {}
        self._told: set[Problem] = set()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All of them; Pods also where the option `pods` makes no use of them."""
        return tuple(TYPES)

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
        while True:
            try:
                await self._watch(sink)
            except (OSError, RuntimeError) as error:  # watchfiles' own error is a RuntimeError
                log.warning("cannot watch the manifests' folders, so looking at them every second: %s", error)
                await asyncio.sleep(_TICK / 1000)
                await self._reload((), sink)

    async def _watch(self, sink: Sink) -> None:
        """Follow the folders of now; returns when there are others to follow."""
        folders, ticks = self.manifests.folders, 0
        reports = watchfiles.awatch(
            *(folder.absolute() for folder in folders),
            watch_filter=None,
            step=_STEP,
            debounce=_DEBOUNCE,
            rust_timeout=_TICK,
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        )
        report = asyncio.ensure_future(anext(reports))
        try:
            await asyncio.sleep(0)  # the watcher exists now; what changed before it did is found next
            await self._reload((), sink)
            while self.manifests.folders == folders:
                touched = await report
                report = asyncio.ensure_future(anext(reports))
                ticks += 1
                if touched or self.manifests.waiting or ticks % _RESCAN == 0:
                    await self._reload((path for _, path in touched), sink)
        finally:
            report.cancel()
            await asyncio.gather(report, return_exceptions=True)
            await reports.aclose()

    async def _reload(self, touched: Iterable[str], sink: Sink) -> None:
        loaded = await asyncio.to_thread(self.manifests.reload, time.monotonic(), tuple(touched))
        if loaded is not None:
            self._push(loaded, sink)

    def _push(self, loaded: Loaded, sink: Sink) -> None:
        changes: list[Change] = []
        for kind in self.kinds:
            now = {key: slim(obj) for key, obj in loaded.objects[kind].items()}
            changes += differences(kind, self._pushed[kind], now)
            self._pushed[kind] = now
        if changes:
            log.info("%d objects changed", len(changes))
            sink.push(changes)
        self._tell(loaded.problems)

    def _tell(self, problems: Iterable[Problem]) -> None:
        """Log each problem once, wherever its line moves, and once when it is gone."""
        now = {problem._replace(line=0): problem for problem in problems}
        for known, problem in now.items():
            if known not in self._told:
                log.warning("%s", problem)
        for gone in sorted(map(str, self._told - now.keys())):
            log.info("fixed: %s", gone)
        self._told = set(now)


def differences(
    kind: Kind, before: Mapping[Key, KubeObject], now: Mapping[Key, KubeObject]
) -> Iterator[Change]:
    """What turns `before` into `now`: removals first, so that an address can change its owner."""
    for key in before.keys() - now.keys():
        yield Change(kind, key, None)
    for key, obj in now.items():
        known = before.get(key)
        if known is not obj and known != obj:
            yield Change(kind, key, obj)
