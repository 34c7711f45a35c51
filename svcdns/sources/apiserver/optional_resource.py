"""A kind that answers do not need, and that an API server may lack: a start does not wait for it long."""

import asyncio
import time

from svcdns.sources import ObjectSink
from svcdns.sources.apiserver.api_errors import (
    FORBIDDEN,
    NOT_FOUND,
    STATUS_HINTS,
    Recovery,
    RequestRefusedError,
)
from svcdns.sources.apiserver.reflector import Reflector


class OptionalReflector(Reflector):
    """Lists the newer version of the API, else the older one, and looks again at each resync."""

    _forbidden_since: float | None = None
    """The time from which each attempt was forbidden; None where the last one was not."""

    async def _list(self, sink: ObjectSink) -> None:
        previously_forbidden_since = self._forbidden_since
        self._forbidden_since = None

        for path in filter(None, (self._resource.path, self._resource.older_path)):
            self._path = path
            try:
                await super()._list(sink)
                return
            except RequestRefusedError as error:
                refusal = error

            if refusal.code == FORBIDDEN:
                self._forbidden_since = previously_forbidden_since or time.monotonic()
            if refusal.code != NOT_FOUND and not self._is_still_forbidden():
                raise refusal

        # Neither version can be listed: the kind counts as listed with no objects, until the next resync.
        self._resource_version = ""
        self._record_list()
        self._mark_fresh(sink)
        self._log_absence(refusal)

    def _log_absence(self, refusal: RequestRefusedError) -> None:
        kind = self._resource.kind
        if refusal.code == FORBIDDEN:
            text = f"{kind}s are left out: {refusal} ({STATUS_HINTS[FORBIDDEN]})"
        else:
            text = f"the API server has no {kind}s"
        self._fault_log.begin(kind, Recovery(text, is_expected=refusal.code != FORBIDDEN))

    def _end_fault(self) -> None:
        """Do nothing while the kind is left out, which is no fault for the answers and yet not over."""
        if self._resource_version:
            super()._end_fault()

    def _is_still_forbidden(self) -> bool:
        # An API server that has just started forbids for a while what it allows later.
        since = self._forbidden_since
        return since is not None and time.monotonic() - since >= self._options.stale_after

    async def _watch(self, sink: ObjectSink) -> None:
        if self._resource_version:
            await super()._watch(sink)
        else:
            await asyncio.sleep(max(0.0, self._resync_at - time.monotonic()))

    def check_deadlines(self, sink: ObjectSink, required_listed_at: float | None) -> None:
        """Mark the kind as synced when the others have waited long enough; its status says why it waits."""
        is_late = (
            required_listed_at is not None
            and time.monotonic() - required_listed_at >= self._options.optional_wait
        )
        if is_late and not self.status.lists:
            sink.mark_synced(self._resource.kind)

    def _mark_stale(self, sink: ObjectSink, reason: str) -> None:
        """Do nothing: the answers are as good without this kind."""
