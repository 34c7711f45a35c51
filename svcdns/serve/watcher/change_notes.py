"""What is said and counted of changes: warnings, and how long each took. It costs no answer."""

import logging
from collections.abc import Callable, Iterable

from svcdns.cluster import specification as cluster
from svcdns.kube.objects import Change
from svcdns.kube.store import Store
from svcdns.rate_limited_log import LastingFault
from svcdns.serve.watcher.object_warnings import ObjectWarnings
from svcdns.serve.watcher.programming_latency import ProgrammingLatency

log = logging.getLogger("svcdns.watcher")


class ChangeNotes:
    """Notes the changes of one store."""

    def __init__(self, store: Store) -> None:
        self.programming_latency = ProgrammingLatency()
        self.warnings = ObjectWarnings(store)
        self._store = store
        self._fault = LastingFault(log, "changes are warned of and timed again")

    def take(
        self,
        changes: Iterable[Change],
        namespaces: Iterable[str],
        options: cluster.ClusterOptions,
        answered_at: float | None,
    ) -> None:
        """Note changes, and these namespaces; logs whatever goes wrong.

        `answered_at` is in seconds since 1970, None where the changes are not answered yet.
        """
        is_well = self._try(self.warnings.log_warnings, changes, namespaces, options)
        for change in changes if answered_at is not None else ():
            is_well &= self._try(self.programming_latency.observe, change, self._store, answered_at)
        if is_well:
            self._fault.end()

    def _try(self, note: Callable[..., None], *arguments: object) -> bool:
        try:
            note(*arguments)
        except Exception as error:  # a bug: it costs this note alone
            self._fault.begin("changes cannot be warned of and timed", logging.ERROR, error)
            return False
        return True
