"""The table on disk: laid at the start from the last snapshot, saved when it has changed."""

import asyncio
import logging
import time
from pathlib import Path

from svcdns.cluster import specification as cluster
from svcdns.dns import meta, nodes
from svcdns.dns.meta import State
from svcdns.errors import TableError
from svcdns.serve.runtime_config import RuntimeConfig
from svcdns.serve.tablestate import TableState
from svcdns.serve.watcher import Watcher
from svcdns.table import snapshot
from svcdns.table.files import StateFolder
from svcdns.table.writer import Writer

log = logging.getLogger("svcdns.watcher")

QUIET = 5.0
"""Seconds without a change after which a snapshot is taken."""
AT_LEAST = 300.0
"""Seconds after which one is taken however busy it is."""
READERS = 60.0
"""Seconds between two looks for readers that died."""


def lay(config: RuntimeConfig, folder: StateFolder, live: Path) -> bool:
    """Make a live table from the last snapshot, or empty; whether it has answers. Raises TableError."""
    folder.make_live(snapshot.find(folder.path, config.identity), live)
    writer = Writer(live, nodes.APART)
    try:
        return prepare(writer, cluster.options_of(config.only_cluster))
    finally:
        writer.close()


def prepare(writer: Writer, options: cluster.Options) -> bool:
    """Make a table fit to be read before the first list: stale if it has answers, else empty.

    Returns whether it has answers of the cluster; those of files stay in any case.
    """
    stored = writer.get(nodes.META)
    found = meta.decode(stored)
    is_ours = found is not None and found.format == meta.FORMAT
    state = TableState(stored if is_ours else None, cluster.zones(options))
    if state.state is not State.EMPTY:
        state.state = State.STALE
        writer.update((), state.stamp(), {})
        return True
    writer.replace((), state.stamp())
    return False


async def keep_snapshots(watcher: Watcher, writer: Writer, state: Path, identity: str) -> None:
    """Save the table when it has been quiet for a while, and look for dead readers."""
    saved, looked = time.monotonic(), time.monotonic()
    while True:
        await asyncio.sleep(1.0)
        now, changed = time.monotonic(), watcher.changed_at
        if changed is not None and (now - changed >= QUIET or now - saved >= AT_LEAST):
            watcher.changed_at = None
            saved = now
            if not await asyncio.to_thread(save, writer, state, identity):
                watcher.changed_at = watcher.changed_at or now
        if now - looked >= READERS:
            looked = now
            writer.free_dead_readers()


def save(writer: Writer, state: Path, identity: str) -> bool:
    """Take a snapshot, if that is possible; a full disk is no reason to stop."""
    try:
        snapshot.save(state, identity, writer.copy)
    except (OSError, TableError) as error:
        log.warning("the table could not be saved for the next start: %s", error)
        return False
    return True
