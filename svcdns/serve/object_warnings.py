"""What the log is told of objects that do not do what their owners may think."""

import logging
from collections.abc import Iterable

from svcdns.cluster import specification as cluster
from svcdns.kube.objects import Kept, Service, key_of
from svcdns.kube.store import Store

log = logging.getLogger("svcdns.watcher")


class ObjectWarnings:
    """Of one store's objects."""

    def __init__(self, store: Store) -> None:
        self.capturing: set[str] = set()
        """Namespaces that are named like top-level domains, whose names they capture."""
        self._store = store

    def give(
        self, objects: Iterable[Kept | None], namespaces: Iterable[str], options: cluster.Options
    ) -> None:
        """Of objects that are new or changed, and of namespaces that may be."""
        for obj in objects:
            if isinstance(obj, Service) and (warning := cluster.warning(obj)):
                log.warning("Service %s/%s: %s", *key_of(obj), warning)
        self._of_captures(set(namespaces), options)

    def _of_captures(self, looked: set[str], options: cluster.Options) -> None:
        """Once for each namespace, while it is there."""
        found = {name for name in looked if cluster.captures(name, self._store, options)}
        if new := sorted(found - self.capturing):
            text = "named like top-level domains: Pods that look up NAME.%s get the Service NAME of it: %s"
            log.warning("namespaces " + text, new[0], ", ".join(new))
        self.capturing = self.capturing - looked | found
