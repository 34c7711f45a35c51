"""What a server keeps of the machine's memory: its processes, and the table's pages that nobody maps.

Pages of the table are in the page cache whether or not a process has touched them: those that none has
are in nobody's PSS, and a container is charged with them all the same.
"""

import contextlib
import ctypes
import mmap
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import processes

SAMPLE_INTERVAL = 0.1
"""Seconds between looks."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *(ctypes.c_int,) * 3, ctypes.c_long)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p)


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes; `table` is the part that is the table's, mapped or not."""

    total: int
    table: int


def read_memory_use(pid: int, table: Path) -> MemoryUse:
    """All processes of a server, and its table."""
    mapped = sum(processes.read_mapped_memory(process, table) for process in processes.process_tree(pid))
    table_bytes = max(mapped, read_cached_bytes(table))
    return MemoryUse(processes.read_memory(pid) - mapped + table_bytes, table_bytes)


def read_cached_bytes(path: Path) -> int:
    """Bytes of a file that are in memory (mincore(2)); 0 where there is none."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            at = _libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0) if size else None
    except FileNotFoundError:
        return 0

    if at is None or at == ctypes.c_void_p(-1).value:
        return 0

    pages = ctypes.create_string_buffer(-(-size // mmap.PAGESIZE))
    try:
        failed = _libc.mincore(at, size, pages)
    finally:
        _libc.munmap(at, size)

    return 0 if failed else sum(page & 1 for page in pages.raw) * mmap.PAGESIZE


@dataclass(slots=True)
class MemoryPeak:
    """The most that was seen."""

    pid: int
    table: Path
    max_bytes: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def sample(self) -> None:
        """Now."""
        self.max_bytes = max(self.max_bytes, read_memory_use(self.pid, self.table).total)

    def sample_until_stopped(self) -> None:
        """Until told to stop."""
        while not self._stop.wait(SAMPLE_INTERVAL):
            self.sample()


@contextlib.contextmanager
def track_peak(pid: int, table: Path) -> Iterator[MemoryPeak]:
    """The most that a server uses while the block runs: looked at ten times a second."""
    peak = MemoryPeak(pid, table)
    thread = threading.Thread(target=peak.sample_until_stopped)
    thread.start()
    try:
        yield peak
    finally:
        peak._stop.set()
        thread.join()
