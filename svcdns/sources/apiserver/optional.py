"""A kind that answers do without, and that an API server may lack: a start does not wait for it long."""

import asyncio
import logging
import time

from svcdns.sources import Sink
from svcdns.sources.apiserver.faults import FORBIDDEN, HINTS, NOT_FOUND, Refused
from svcdns.sources.apiserver.lister import Lister

log = logging.getLogger("svcdns.apiserver")


class OptionalLister(Lister):
    """Looks in the newer version of the API, then in the older one, and again at each resync."""

    _forbidden: float | None = None
    """Since when it has been, at each attempt."""

    async def _list(self, sink: Sink) -> None:
        forbidden, self._forbidden = self._forbidden, None
        for path in filter(None, (self._resource.path, self._resource.older)):
            self._path = path
            try:
                await super()._list(sink)
                return
            except Refused as error:
                refused = error
            if refused.code == FORBIDDEN:
                self._forbidden = forbidden or time.monotonic()
            if refused.code != NOT_FOUND and not self._stays_forbidden():
                raise refused
        if refused.code == FORBIDDEN:
            log.warning("%ss are left out: %s (%s)", self._resource.kind, refused, HINTS[FORBIDDEN])
        else:
            log.info("the API server has no %ss", self._resource.kind)
        self._version = ""
        self._listed()
        self._fresh(sink)

    def _stays_forbidden(self) -> bool:
        """An API server that starts forbids for a while what it allows later."""
        since = self._forbidden
        return since is not None and time.monotonic() - since >= self._settings.silence

    async def _watch(self, sink: Sink) -> None:
        if self._version:
            await super()._watch(sink)
        else:
            await asyncio.sleep(max(0.0, self._resync_at - time.monotonic()))

    def look(self, sink: Sink, others: float | None) -> None:
        """Why it waits is in its status; those that have been listed wait for it only so long."""
        late = others is not None and time.monotonic() - others >= self._settings.optional
        if late and not self.status.lists:
            sink.synced(self._resource.kind)

    def _stale(self, sink: Sink, reason: str) -> None:
        """The answers are as good without it."""
