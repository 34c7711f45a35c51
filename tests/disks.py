"""Commands with a small or read-only disk of their own: `unshare` gives one to a user without rights."""

import functools
import shutil
import subprocess
from pathlib import Path

import pytest


def with_disk(folder: Path, options: str, *command: str) -> list[str]:
    """The command with a tmpfs of these mount options at `folder`; skips the test where that cannot be."""
    if not works():
        pytest.skip("unshare -Urm does not work here")
    script = 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@"'
    return ["unshare", "-Urm", "sh", "-c", script, "sh", options, str(folder), *command]


@functools.cache
def works() -> bool:
    """Whether it can be done here."""
    if not shutil.which("unshare"):
        return False
    script = ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/tmp"]
    return subprocess.run(script, capture_output=True, check=False).returncode == 0
