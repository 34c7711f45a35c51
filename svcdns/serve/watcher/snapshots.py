"""The table on disk: laid at the start from the last snapshot, saved when it has changed."""

import asyncio
import logging
import time
from pathlib import Path

from svcdns.cluster import specification as cluster
from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness
from svcdns.errors import TableError
from svcdns.serve.runtime.runtime_config import RuntimeConfig
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.watcher.watcher import Watcher
from svcdns.table import snapshot
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.watcher")

QUIET_PERIOD = 5.0
"""Seconds without a change after which a snapshot is taken."""
MAX_INTERVAL = 300.0
"""Seconds after which one is taken however busy it is."""
READER_CHECK_INTERVAL = 60.0
"""Seconds between two looks for readers that died."""


def create_table(config: RuntimeConfig, state_folder: StateFolder, table_path: Path) -> bool:
    """Make a live table from the last snapshot, or empty; whether it has answers. Raises TableError."""
    state_folder.create_live(snapshot.find_snapshot(state_folder.path, config.identity), table_path)
    writer = TableWriter(table_path, node_format.NON_CLUSTER_PREFIXES)
    try:
        return prepare_table(writer, cluster.options_of(config.only_cluster))
    finally:
        writer.close()


def prepare_table(writer: TableWriter, options: cluster.ClusterOptions) -> bool:
    """Make a table fit to be read before the first list: stale if it has answers, else empty.

    Returns whether it has answers of the cluster; those of files stay in any case.
    """
    stored = writer.get(node_format.META_KEY)
    found = table_meta.decode_meta(stored)
    is_ours = found is not None and found.format == table_meta.FORMAT_VERSION
    state = TableState(stored if is_ours else None, cluster.configured_zones(options))
    if state.state is not Freshness.EMPTY:
        state.state = Freshness.STALE
        writer.update((), state.encode_meta(), {})
        return True
    writer.replace((), state.encode_meta())
    return False


async def save_periodically(watcher: Watcher, writer: TableWriter, state_dir: Path, identity: str) -> None:
    """Save the table when it has been quiet for a while, and look for dead readers."""
    saved, looked = time.monotonic(), time.monotonic()
    while True:
        await asyncio.sleep(1.0)
        now, changed = time.monotonic(), watcher.changed_at
        if changed is not None and (now - changed >= QUIET_PERIOD or now - saved >= MAX_INTERVAL):
            watcher.changed_at = None
            saved = now
            if not await asyncio.to_thread(save_snapshot, writer, state_dir, identity):
                watcher.changed_at = watcher.changed_at or now
        if now - looked >= READER_CHECK_INTERVAL:
            looked = now
            writer.free_dead_readers()


def save_snapshot(writer: TableWriter, state_dir: Path, identity: str) -> bool:
    """Take a snapshot, if that is possible; a full disk is no reason to stop."""
    try:
        snapshot.save_snapshot(state_dir, identity, writer.copy)
    except (OSError, TableError) as error:
        log.warning("the table could not be saved for the next start: %s", error)
        return False
    return True
