"""The only writer: whole transactions, so that each version of the table is right by itself.

A writer that finds the table damaged ends its process (`damage`), unless it was told otherwise.
"""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

import lmdb

from svcdns.errors import TableError
from svcdns.table import damage, sorting, state_folder

BATCH_SIZE = 5_000
"""Entries of a transaction of `fill`. LMDB keeps the pages of its largest one: 100 MB with ten times more."""
RESERVED_BYTES = 256 << 10
"""Bytes of the disk reserved for what must be written even when it is full (`write_reserved`)."""
NO_ENTRIES: Mapping[bytes, bytes] = MappingProxyType({})


class TableWriter:
    """Opens the live table for writing; all methods that write raise TableError.

    `fill` and `replace` leave keys with a prefix of `excluded_prefixes` alone, unless `replace` names it.
    """

    def __init__(
        self,
        live_path: Path,
        excluded_prefixes: tuple[bytes, ...] = (),
        on_damage: Callable[[Exception], NoReturn] = damage.end_process,
    ) -> None:
        """`on_damage` is called with an error that shows damage of the table."""
        self._on_damage = on_damage
        self._live_path = live_path
        self._environment = state_folder.open_environment(live_path, is_readonly=False)
        self._excluded_prefixes = excluded_prefixes
        self._reserve_file = live_path / "room"
        self._reserve_space()

    def get(self, key: bytes) -> bytes | None:
        """One value as it was last written; None where the key is absent."""
        with self._reported_errors("read"), self._environment.begin() as transaction:
            value: bytes | None = transaction.get(key)
            return value

    def entries_with_prefix(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All keys with this prefix and their values, in order, as they are now; in any thread."""
        with (
            self._reported_errors("read"),
            self._environment.begin() as transaction,
            transaction.cursor() as cursor,
        ):
            if cursor.set_range(prefix):
                yield from itertools.takewhile(lambda entry: entry[0].startswith(prefix), cursor)

    def update(
        self,
        removed_keys: Iterable[bytes],
        values: Mapping[bytes, bytes],
        stamp_values: Mapping[bytes, bytes],
    ) -> int:
        """In one transaction, remove keys and set `values`; and `stamp_values`, if that changed anything.

        Returns how many keys changed; if none did, there is no new version.
        """
        with self._reported_errors("written"), self._environment.begin(write=True) as transaction:
            changed = sum(map(transaction.delete, removed_keys))
            for key, value in values.items():
                if transaction.get(key) != value:
                    transaction.put(key, value)
                    changed += 1

            # A new version would empty the workers' caches for nothing.
            if not changed:
                transaction.abort()
                return 0

            for key, value in stamp_values.items():
                transaction.put(key, value)
            return changed

    def write_reserved(self, values: Mapping[bytes, bytes]) -> None:
        """Set these few values, even on a full disk: once, until a `replace` has found space again."""
        self._reserve_file.unlink(missing_ok=True)
        self.update((), values, {})

    def _reserve_space(self) -> None:
        if self._reserve_file.exists():
            return

        try:
            with self._reserve_file.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVED_BYTES)
        except OSError:  # the disk is full already
            self._reserve_file.unlink(missing_ok=True)

    def fill(
        self, entries: Iterable[tuple[bytes, bytes]], final_values: Mapping[bytes, bytes] = NO_ENTRIES
    ) -> int:
        """As `replace`, for a table that is not in use yet: what it holds is removed first.

        It takes several transactions. The last one writes `final_values`, which must be what puts the table
        into use. Entries are written in the order of their keys: so they fill the pages, and the table is
        half as large. That is why each key must be greater than those of `final_values` and than those with
        an excluded prefix.
        """
        with self._reported_errors("written"):
            # A `fill` that was interrupted has left entries behind.
            with self._environment.begin(write=True) as transaction:
                kept_hashes = set(map(hash, final_values))
                removed = _remove_others(transaction, kept_hashes, b"", self._excluded_prefixes)

            sorted_entries = sorting.sort_entries(entries)
            while batch := list(itertools.islice(sorted_entries, BATCH_SIZE)):
                with self._environment.begin(write=True) as transaction, transaction.cursor() as cursor:
                    cursor.putmulti(batch, append=True)

            with self._environment.begin(write=True) as transaction:
                for key, value in final_values.items():
                    transaction.put(key, value)
        return removed

    def replace(
        self,
        entries: Iterable[tuple[bytes, bytes]],
        final_values: Mapping[bytes, bytes] = NO_ENTRIES,
        prefix: bytes = b"",
        keeps: Callable[[bytes], bool] = lambda key: False,
    ) -> int:
        """Make the keys with `prefix` exactly `entries`, and set `final_values`; returns how many it removed.

        Without a prefix these are all keys but those with an excluded prefix. A key that `keeps` accepts
        stays as it is. It is one transaction, which writes only what differs.
        """
        with self._reported_errors("written"), self._environment.begin(write=True) as transaction:
            # 64-bit hashes: the keys themselves would take as much memory as the table.
            kept_hashes = set()
            for key, value in itertools.chain(entries, final_values.items()):
                kept_hashes.add(hash(key))
                if transaction.get(key) != value:
                    transaction.put(key, value)

            removed = _remove_others(transaction, kept_hashes, prefix, self._excluded_prefixes, keeps)
        self._reserve_space()
        return removed

    def used_bytes(self) -> int:
        """Bytes of the table's file that are in use."""
        with self._reported_errors("read"):
            info = self._environment.info()
            stat = self._environment.stat()
            return int((info["last_pgno"] + 1) * stat["psize"])

    def free_dead_readers(self) -> int:
        """Free the reader slots of processes that were killed; returns how many."""
        with self._reported_errors("read"):
            return int(self._environment.reader_check())

    def copy(self, target: Path) -> None:
        """Write a consistent compacted copy as one file, beside running readers and writes.

        Raises OSError or TableError.
        """
        with target.open("wb") as file, self._reported_errors("copied"):
            self._environment.copyfd(file.fileno(), compact=True)

    def close(self) -> None:
        """Unmap the table."""
        self._environment.close()

    @contextlib.contextmanager
    def _reported_errors(self, done: str) -> Iterator[None]:
        """Raise errors of LMDB as TableError, of a table that cannot be `done`."""
        try:
            yield
        except damage.DamageError as error:
            self._on_damage(error)
        except lmdb.Error as error:
            raise TableError(f"the table cannot be {done}: {error}") from error


def _remove_others(
    transaction: lmdb.Transaction,
    kept_hashes: set[int],
    prefix: bytes,
    excluded_prefixes: tuple[bytes, ...],
    keeps: Callable[[bytes], bool] = lambda key: False,
) -> int:
    removed = 0
    with transaction.cursor() as cursor:
        cursor.set_range(prefix)
        while key := bytes(cursor.key()):  # empty behind the last one
            if prefix and not key.startswith(prefix):
                break

            is_excluded = not prefix and key.startswith(excluded_prefixes)
            if hash(key) in kept_hashes or is_excluded or keeps(key):
                cursor.next()
            else:
                cursor.delete()  # leads to the next
                removed += 1
    return removed
