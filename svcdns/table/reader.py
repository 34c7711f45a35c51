"""A process's read access to the table: one short transaction per batch of queries."""

from collections.abc import Callable
from pathlib import Path

from lmdb import Transaction

from svcdns.table import state_folder


class TableReader:
    """Opens the live table read-only; a transaction costs a tenth of a microsecond.

    A transaction that is kept open over a wait keeps every page alive that is replaced meanwhile:
    end it before.
    """

    def __init__(self, live_path: Path) -> None:
        self._environment = state_folder.open_environment(live_path, is_readonly=True)
        self.begin: Callable[[], Transaction] = self._environment.begin
        """A consistent state; `id()` is its version, `get(key)` a value, leaving it as a context ends it."""

    def close(self) -> None:
        """Unmap."""
        self._environment.close()


def has_prefix(transaction: Transaction, prefix: bytes) -> bool:
    """Whether any key starts with these bytes."""
    with transaction.cursor() as cursor:
        return bool(cursor.set_range(prefix)) and bytes(cursor.key()).startswith(prefix)
