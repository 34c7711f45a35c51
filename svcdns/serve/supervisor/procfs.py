"""What Linux says of processes and sockets; nothing of it where it is not there."""

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
_DROPS_INDEX = 8
"""SK_MEMINFO_DROPS, the last word of it (sock_diag(7))."""
_MEMINFO = struct.Struct("9I")


def read_memory(pid: int) -> int:
    """Bytes of a process: its own, and its share of what several have mapped (proc(5), Pss)."""
    with contextlib.suppress(OSError):
        found = re.search(rb"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_bytes(), re.MULTILINE)
        return int(found[1]) << 10 if found else 0
    return 0


def read_cpu_seconds(pids: Iterable[int]) -> float:
    """Seconds of this process, of these children, and of those that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(map(_read_process_cpu_seconds, pids))


def _read_process_cpu_seconds(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def count_dropped_datagrams(sockets: Iterable[socket.socket]) -> int:
    """Datagrams that these sockets had no room for."""
    found = 0
    for sock in sockets:
        with contextlib.suppress(OSError, struct.error):
            found += _MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[
                _DROPS_INDEX
            ]
    return found


def file_age(path: Path) -> float | None:
    """Seconds since the file was written; None where there is none."""
    with contextlib.suppress(OSError):
        return max(0.0, time.time() - path.stat().st_mtime)
    return None
