"""A kind that answers do without, and that an API server may lack: nothing waits for it."""

import asyncio
import logging
import time

from svcdns.sources import Sink
from svcdns.sources.apiserver.client import Refused
from svcdns.sources.apiserver.lister import HINTS, Lister

log = logging.getLogger("svcdns.apiserver")

_FORBIDDEN, _NOT_FOUND = 403, 404


class OptionalLister(Lister):
    """Looks in the newer version of the API, then in the older one, and again at each resync."""

    async def _list(self, sink: Sink) -> None:
        for path in filter(None, (self._resource.path, self._resource.older)):
            self._path = path
            try:
                await super()._list(sink)
                return
            except Refused as error:
                if error.code not in (_FORBIDDEN, _NOT_FOUND):
                    raise
                refused = error
        if refused.code == _FORBIDDEN:
            log.warning("%ss are left out: %s (%s)", self._resource.kind, refused, HINTS[_FORBIDDEN])
        else:
            log.info("the API server has no %ss", self._resource.kind)
        self._version = ""
        self._listed()
        self._fresh(sink)

    async def _watch(self, sink: Sink) -> None:
        if self._version:
            await super()._watch(sink)
        else:
            await asyncio.sleep(max(0.0, self._resync_at - time.monotonic()))

    def _stale(self, sink: Sink, reason: str) -> None:
        """Why is in its status; the answers are as good without it."""
        sink.synced(self._resource.kind)
