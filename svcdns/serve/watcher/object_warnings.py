"""Warns in the log of objects that do not do what their owners may think."""

import logging
from collections.abc import Iterable
from contextlib import suppress

from svcdns.cluster import specification as cluster
from svcdns.kube.objects import Change, Key, Kind, ReadySlice, Service, StoredObject
from svcdns.kube.store import Store
from svcdns.rate_limited_log import StandingWarnings

log = logging.getLogger("svcdns.watcher")


class ObjectWarnings:
    """The warnings of one store's objects."""

    def __init__(self, store: Store) -> None:
        self.tld_namespaces: set[str] = set()
        """Namespaces that are named like top-level domains, and so hide names of the internet."""
        self._store = store
        self._object_warnings = StandingWarnings[tuple[Kind, Key]](log)

    def log_warnings(
        self,
        changes: Iterable[Change],
        namespaces: Iterable[str],
        options: cluster.ClusterOptions,
    ) -> None:
        """Warn of new or changed Services and slices, and of these namespaces, which may be; each once."""
        for change in changes:
            if change.kind in ("Service", "EndpointSlice"):
                warning = _try_object_warning(change.new_object)
                text = f"{change.kind} {'/'.join(change.key)}: {warning}" if warning else None
                self._object_warnings.update((change.kind, change.key), text)
        self._warn_of_tld_collisions(set(namespaces), options)

    def _warn_of_tld_collisions(self, namespaces: set[str], options: cluster.ClusterOptions) -> None:
        """Warn of each namespace once, while it exists."""
        colliding = set()
        for name in namespaces:
            with suppress(Exception):  # a bug: it costs this warning, and no answer
                if cluster.is_tld_collision(name, self._store, options):
                    colliding.add(name)

        if new := sorted(colliding - self.tld_namespaces):
            text = "named like top-level domains: Pods that look up NAME.%s get the Service NAME of it: %s"
            log.warning("namespaces " + text, new[0], ", ".join(new))

        if hidden_no_more := sorted(self.tld_namespaces & namespaces - colliding):
            log.info("fixed: namespaces named like top-level domains: %s", ", ".join(hidden_no_more))

        # Only what was looked at is replaced: the other namespaces are as they were.
        self.tld_namespaces = self.tld_namespaces - namespaces | colliding


def _try_object_warning(obj: StoredObject | None) -> str | None:
    try:
        return _object_warning(obj)
    except Exception as error:  # a bug: it costs the warning, and no answer
        reason = f"{type(error).__name__}: {error}"
        return f"its mistakes are not known ({reason}). This is a bug: please report it"


def _object_warning(obj: StoredObject | None) -> str | None:
    if isinstance(obj, Service):
        return cluster.service_warning(obj)
    return cluster.slice_warning(obj) if isinstance(obj, ReadySlice) else None
