"""The machine and the checkout that a run was made with and on."""

import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct


class RunInfo(Struct, frozen=True):
    """Where, when and by which command it was measured."""

    date: str
    commit: str
    command: str
    cpu: str
    cores: int
    kernel: str
    python: str


def describe_run(module: str) -> RunInfo:
    """This machine, this checkout, and this process's command line, with the module that it runs."""
    return RunInfo(
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        commit=_commit(),
        command=" ".join(("python", "-m", module, *sys.argv[1:])),
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        kernel=platform.release(),
        python=platform.python_version(),
    )


def _cpu() -> str:
    for text in Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            return text.partition(": ")[2]
    return platform.machine()


def _commit() -> str:
    """The checkout's commit, and whether files differ from it (but for what is written here)."""

    def git(*arguments: str) -> str:
        if not shutil.which("git"):
            return ""
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    own = (":!benchmarks/RESULTS.md", ":!benchmarks/results", ":!benchmarks/charts")
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", *own)

    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")
