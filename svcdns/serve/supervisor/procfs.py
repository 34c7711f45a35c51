"""What Linux knows of processes and sockets.

Where it cannot be learned (another system, a process that has just ended) the figure is 0.
"""

import contextlib
import os
import re
import resource
import socket
import struct
import time
from collections.abc import Iterable
from pathlib import Path

_SO_MEMINFO = 55
"""The socket option of sock_diag(7); Python's `socket` has no name for it."""
_DROPS_INDEX = 8
"""SK_MEMINFO_DROPS, the last word of it."""
_MEMINFO = struct.Struct("9I")

# Fields of /proc/PID/stat (proc(5)), counted behind the name.
_UTIME_FIELD = 11
_STIME_FIELD = 12


def read_memory(pid: int) -> int:
    """The memory of a process in bytes: its own, and its share of what it maps with others (proc(5), Pss)."""
    with contextlib.suppress(OSError):
        # PSS, not RSS: the table and the pages shared by fork would count once for each process.
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_bytes()
        match = re.search(rb"^Pss: +(\d+) kB", rollup, re.MULTILINE)
        return int(match[1]) << 10 if match else 0
    return 0


def read_cpu_seconds(pids: Iterable[int]) -> float:
    """CPU seconds of this process, of the given running children, and of all children that have ended."""
    # Of children that were waited for; a process moves from /proc to here when it is reaped.
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(map(_read_process_cpu_seconds, pids))


def _read_process_cpu_seconds(pid: int) -> float:
    # It may have ended since the list was made.
    with contextlib.suppress(OSError):
        # The name, in parentheses, may have spaces and parentheses itself.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[_UTIME_FIELD]) + int(fields[_STIME_FIELD])
        return ticks / os.sysconf("SC_CLK_TCK")
    return 0.0


def count_dropped_datagrams(sockets: Iterable[socket.socket]) -> int:
    """Datagrams that the system dropped because these sockets' buffers were full."""
    dropped = 0
    for sock in sockets:
        # struct.error: an older kernel returns fewer words.
        with contextlib.suppress(OSError, struct.error):
            meminfo = _MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))
            dropped += meminfo[_DROPS_INDEX]
    return dropped


def file_age(path: Path) -> float | None:
    """Seconds since the file was written, None if there is none."""
    with contextlib.suppress(OSError):
        # A clock that was set back would make it negative.
        return max(0.0, time.time() - path.stat().st_mtime)
    return None
