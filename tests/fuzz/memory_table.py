"""The table as a dict: what the watcher does is the same, at a hundredth of the time that files take."""

from collections.abc import Callable, Iterable, Mapping

from svcdns.dns.table import node_format
from svcdns.table.writer import NO_ENTRIES, TableWriter

MAX_KEY_SIZE = 511
"""Bytes of a key: what LMDB has room for."""


def without_serial(values: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """All but the serial, which is the time."""
    return {key: value for key, value in values.items() if key != node_format.SERIAL_KEY}


class MemoryTable(TableWriter):
    """A writer whose table is `values`; it has no prefixes to leave alone."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def answers(self) -> dict[bytes, bytes]:
        """What it holds, without the serial."""
        return without_serial(self.values)

    def get(self, key: bytes) -> bytes | None:
        """One value."""
        return self.values.get(key)

    def update(
        self,
        removed_keys: Iterable[bytes],
        values: Mapping[bytes, bytes],
        stamp_values: Mapping[bytes, bytes],
    ) -> int:
        """As in LMDB; counts what changes."""
        changed = 0
        for key in removed_keys:
            changed += self.values.pop(key, None) is not None
        for key, value in values.items():
            if self.values.get(key) != value:
                self._put(key, value)
                changed += 1
        if changed:
            self.values |= stamp_values
        return changed

    def write_reserved(self, values: Mapping[bytes, bytes]) -> None:
        """A dict is never full."""
        self.update((), values, {})

    def fill(
        self, entries: Iterable[tuple[bytes, bytes]], final_values: Mapping[bytes, bytes] = NO_ENTRIES
    ) -> int:
        """Everything anew; a key that comes twice has one value."""
        removed = len(self.values.keys() - final_values.keys())
        self.values.clear()
        for key, value in entries:
            assert self.values.get(key, value) == value, f"a key with two values: {key!r}"
            self._put(key, value)
        self.values |= final_values
        return removed

    def replace(
        self,
        entries: Iterable[tuple[bytes, bytes]],
        final_values: Mapping[bytes, bytes] = NO_ENTRIES,
        prefix: bytes = b"",
        keeps: Callable[[bytes], bool] = lambda key: False,
    ) -> int:
        """The same, without what `keeps` accepts."""
        assert not prefix
        kept = {key: value for key, value in self.values.items() if keeps(key)}
        before = self.values
        # A transaction: what fails midway has changed nothing.
        self.values = dict(kept)
        try:
            for key, value in entries:
                self._put(key, value)
        except BaseException:
            self.values = before
            raise
        self.values |= final_values
        return len(before.keys() - self.values.keys())

    def _put(self, key: bytes, value: bytes) -> None:
        assert 0 < len(key) <= MAX_KEY_SIZE, f"no key of LMDB: {key!r}"
        self.values[key] = value
