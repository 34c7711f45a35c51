"""Makes the table exactly what the store says; pieces that cannot be made cost only themselves."""

import logging
import time
from contextlib import suppress

from svcdns import collector
from svcdns.dns.table import node_format
from svcdns.serve.watcher.cluster_answers import ClusterAnswers, FaultsChangedError
from svcdns.serve.watcher.table_state import TableState
from svcdns.table.writer import TableWriter

log = logging.getLogger("svcdns.watcher")

CLUSTER_ID_KEY = b"\0cluster"
"""The table's key for the identity of the cluster that it was written from."""

MAX_PASSES = 3
"""Compilations of one publication: the second one knows which pieces are faulty, and is the last one."""


class Publication:
    """Writes the whole table, whenever it is asked to."""

    def __init__(self, writer: TableWriter, table_state: TableState, cluster_answers: ClusterAnswers) -> None:
        self.cluster_id: bytes | None = None
        """The identity of the cluster; None while it is not known."""
        self._writer = writer
        self._table_state = table_state
        self._cluster_answers = cluster_answers

    def is_of_other_cluster(self, cluster_id: str) -> bool:
        """Take over the cluster's identity; returns whether the table is of another one, which is logged."""
        self.cluster_id = cluster_id.encode()
        stored_id = self._writer.get(CLUSTER_ID_KEY)
        if stored_id is None or stored_id == self.cluster_id:
            return False

        text = "the stored table is of another cluster (%s, now %s): it is emptied"
        log.warning(text, stored_id.decode(), cluster_id)
        return True

    def write_all(self, is_empty: bool) -> int:
        """Compile and write everything; returns how many keys were removed.

        `is_empty` says that the table answers nothing yet. Raises TableError where the table cannot be
        written, and any other error that is no piece's alone.
        """
        for _ in range(MAX_PASSES):
            self._table_state.faulty_zones = self._cluster_answers.faulty_zones()
            # The transaction is given up where other pieces are faulty than its description says.
            with suppress(FaultsChangedError), collector.pause_collection():
                return self._write(is_empty)

        raise FaultsChangedError("each time, other names cannot be made")

    def _write(self, is_empty: bool) -> int:
        answers, final_values = self._cluster_answers, self._encode_meta()
        # An empty table answers SERVFAIL in any case, so it may be filled in several transactions.
        if is_empty:
            return self._writer.fill(answers.compile_all(), final_values)
        return self._writer.replace(answers.compile_all(), final_values, keeps=answers.is_faulty_key)

    def _encode_meta(self) -> dict[bytes, bytes]:
        """The table's description of itself, its serial, and the identity of its cluster if that is known."""
        meta = self._table_state.encode_meta() | {node_format.SERIAL_KEY: current_serial()}
        return meta if self.cluster_id is None else meta | {CLUSTER_ID_KEY: self.cluster_id}


def current_serial() -> bytes:
    """The SOA's serial: seconds since 1970, which grow and need no memory."""
    return int(time.time()).to_bytes(4, "big")
