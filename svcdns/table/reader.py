"""A process's read access to the table: one short transaction per batch of queries."""

from collections.abc import Callable
from pathlib import Path

from lmdb import Transaction

from svcdns.table import state_folder


class TableReader:
    """Opens the live table read-only; a transaction costs a tenth of a microsecond. Raises TableError.

    End a transaction before any wait: an open one keeps alive every page that is replaced meanwhile.
    """

    def __init__(self, live_path: Path) -> None:
        self._environment = state_folder.open_environment(live_path, is_readonly=True)
        self.begin: Callable[[], Transaction] = self._environment.begin
        """A consistent state: `id()` is its version, `get(key)` a value; as a context it ends with its block.

        LMDB's own method, since a call around it would cost more than the transaction.
        """

    def close(self) -> None:
        """Unmap the table; its transactions must have ended."""
        self._environment.close()


def has_prefix(transaction: Transaction, prefix: bytes) -> bool:
    """Whether any key starts with these bytes."""
    with transaction.cursor() as cursor:
        return bool(cursor.set_range(prefix)) and bytes(cursor.key()).startswith(prefix)
