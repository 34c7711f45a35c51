"""The table's snapshots: the live table is created from the last one, and saved when it has changed.

So a server that starts while the API server is down answers as before, marked as stale.
"""

import asyncio
import logging
import time
from pathlib import Path
from typing import NoReturn

from svcdns.cluster import specification as cluster
from svcdns.dns.table import node_format, table_meta
from svcdns.dns.table.table_meta import Freshness
from svcdns.errors import TableDamagedError, TableError
from svcdns.rate_limited_log import LastingFault
from svcdns.serve.runtime.runtime_config import RuntimeConfig
from svcdns.serve.watcher.table_state import TableState
from svcdns.serve.watcher.watcher import Watcher
from svcdns.table import snapshot
from svcdns.table.state_folder import StateFolder
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.table")

QUIET_PERIOD = 5.0
"""Seconds without a change after which a snapshot is taken."""
MAX_INTERVAL = 300.0
"""Seconds after which a snapshot is taken, even if the table changes all the time."""
READER_CHECK_INTERVAL = 60.0
"""Seconds between two searches for readers that died: their slots keep old pages of the table in use."""


def create_table(
    config: RuntimeConfig, state_folder: StateFolder, table_path: Path, with_snapshot: bool = True
) -> bool:
    """Create the live table, from the last snapshot or empty.

    Returns whether it has answers of the cluster. Raises TableError if it cannot be written. It runs in the
    supervisor, which a damaged snapshot must not end.
    """
    snapshot_path = None
    if with_snapshot:
        snapshot_path = snapshot.find_snapshot(state_folder.path, config.table_identity)
    try:
        return _create_from(snapshot_path, config, state_folder, table_path)
    except TableDamagedError as error:
        if snapshot_path is None:
            raise
        log.warning("the stored table is damaged, and not used: %s", error)
        return _create_from(None, config, state_folder, table_path)


def _create_from(
    snapshot_path: Path | None, config: RuntimeConfig, state_folder: StateFolder, table_path: Path
) -> bool:
    state_folder.create_live(snapshot_path, table_path)
    writer = TableWriter(table_path, node_format.NON_CLUSTER_PREFIXES, _raise_damaged)
    try:
        return prepare_table(writer, cluster.options_of(config.only_cluster))
    except table_meta.DamagedMetaError as error:
        raise TableDamagedError(str(error)) from error
    finally:
        writer.close()


def _raise_damaged(error: Exception) -> NoReturn:
    raise TableDamagedError(str(error)) from error


def prepare_table(writer: TableWriter, options: cluster.ClusterOptions) -> bool:
    """Mark the table before the first list as what it is: stale if it has answers, else empty.

    Returns whether it has answers of the cluster; those of files stay in any case.
    """
    meta_value = writer.get(node_format.META_KEY)
    meta = table_meta.decode_meta(meta_value)
    # Entries of another version of svcdns cannot be read.
    has_our_format = meta is not None and meta.format == table_meta.FORMAT_VERSION
    state = TableState(meta_value if has_our_format else None, cluster.configured_zones(options))

    if state.state is not Freshness.EMPTY:
        state.state = Freshness.STALE
        writer.update((), state.encode_meta(), {})
        return True

    writer.replace((), state.encode_meta())
    return False


async def save_periodically(
    watcher: Watcher, writer: TableWriter, state_dir: Path, identity: str, fault: LastingFault
) -> None:
    """Save the table whenever it has been quiet for a while, and free the slots of dead readers."""
    saved_at = time.monotonic()
    checked_at = saved_at
    while True:
        await asyncio.sleep(1.0)

        now = time.monotonic()
        changed_at = watcher.changed_at
        if changed_at is not None and (now - changed_at >= QUIET_PERIOD or now - saved_at >= MAX_INTERVAL):
            # Before the copy: what changes while it is made needs another snapshot.
            watcher.changed_at = None
            saved_at = now
            if not await asyncio.to_thread(save_snapshot, writer, state_dir, identity, fault):
                watcher.changed_at = watcher.changed_at or now

        if now - checked_at >= READER_CHECK_INTERVAL:
            checked_at = now
            writer.free_dead_readers()


def save_snapshot(writer: TableWriter, state_dir: Path, identity: str, fault: LastingFault) -> bool:
    """Take a snapshot; whether that worked. A full disk is logged, and no reason to stop."""
    try:
        snapshot.save_snapshot(state_dir, identity, writer.copy)
    except (OSError, TableError) as error:
        fault.begin(f"the table could not be saved for the next start: {error}")
        return False

    fault.end()
    return True
