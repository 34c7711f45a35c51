"""Defaults that depend on the machine: the CPUs of the container, the user's state folder."""

import os
from collections.abc import Iterator
from pathlib import Path

from svcdns.errors import ConfigError

MAX_DEFAULT_WORKERS = 4
"""More processes would surprise people; the setting `workers` may ask for more."""


def default_workers() -> int:
    """One worker for each CPU that the container may use, at most 4."""
    return min(available_cpus(), MAX_DEFAULT_WORKERS)


def available_cpus(root: Path = Path("/")) -> int:
    """Whole CPUs that this process may use, at least 1: by its affinity mask and its cgroups' quotas."""
    # sched_getaffinity is Linux only.
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min([float(count), *_cpu_quotas(root)])))


def wildcard_addresses(root: Path = Path("/")) -> tuple[str, ...]:
    """The addresses that mean all of this machine; `::` is one of them if the kernel has IPv6."""
    return ("0.0.0.0", "::") if (root / "proc/net/if_inet6").exists() else ("0.0.0.0",)  # noqa: S104


def _cpu_quotas(root: Path) -> Iterator[float]:
    """The CPU quotas of the cgroups of this process and of those above (cgroups(7), v2 and v1)."""
    for line in _read_text(root / "proc/self/cgroup").splitlines():
        # hierarchy:controllers:path; v2 has one line, without controllers.
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            for folder in _folder_and_parents(root / "sys/fs/cgroup", path):
                quota, _, period = _read_text(folder / "cpu.max").partition(" ")
                yield from _quota_ratio(quota, period)
        elif "cpu" in controllers.split(","):
            for folder in _folder_and_parents(root / "sys/fs/cgroup/cpu", path):
                yield from _quota_ratio(
                    _read_text(folder / "cpu.cfs_quota_us"), _read_text(folder / "cpu.cfs_period_us")
                )


def _folder_and_parents(top: Path, path: str) -> Iterator[Path]:
    """The cgroup's folder and those above it. Inside a container the host's path does not exist."""
    folder = top / path.strip("/")
    yield folder
    while folder != top and folder.is_relative_to(top):
        folder = folder.parent
        yield folder


def _quota_ratio(quota: str, period: str) -> Iterator[float]:
    """CPUs, or nothing: `max` (v2) and -1 (v1) mean that there is no quota."""
    if quota.strip().isdigit() and period.strip().isdigit() and int(period):
        yield int(quota) / int(period)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def default_state_dir() -> Path:
    """`svcdns` in the user's state folder (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(base):  # noqa: PTH117 - "relative paths are to be ignored"
        return Path(base, "svcdns")
    try:
        return Path.home() / ".local/state/svcdns"
    except RuntimeError:
        raise ConfigError(
            "state_dir: this user has no home folder: set --state-dir or SVCDNS_STATE_DIR"
        ) from None
