"""A wall clock that can be set for a process: Debian's libfaketime. Monotonic time stays as it is."""

from pathlib import Path

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
FILE = "clock"
"""In the folder: how far the clock is off, as `+1d`."""


def environment(folder: Path) -> dict[str, str]:
    """For a process whose clock the folder's file sets; right at first."""
    (folder / FILE).write_text("+0")
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(folder / FILE),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
