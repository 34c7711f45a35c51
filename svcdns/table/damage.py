"""What a process does that finds the live table damaged: it ends, and the supervisor makes the table anew.

No other way out is safe. LMDB maps the file, so what it reads next may be anything, and a process has the
file open until its end.
"""

import logging
import os
from typing import NoReturn

import lmdb

log = logging.getLogger("svcdns.table")

EXIT_CODE = 90
"""The exit code of such a process; the supervisor knows the table by it."""

ReadError = lmdb.Error
"""Any error of LMDB."""

DamageError = (
    lmdb.BadRslotError,
    lmdb.BadTxnError,
    lmdb.CorruptedError,
    lmdb.IncompatibleError,
    lmdb.InvalidError,
    lmdb.InvalidParameterError,
    lmdb.MapResizedError,
    lmdb.PageFullError,
    lmdb.PageNotFoundError,
    lmdb.PanicError,
    lmdb.ProblemError,
    lmdb.ReadersFullError,
    lmdb.VersionMismatchError,
)
"""Errors of LMDB that do not go away with the next try: damage of the table, or of its lock file."""


def end_process(error: Exception) -> NoReturn:
    """Say what is wrong, and end this process at once."""
    log.error("the table cannot be used, and is made anew: %s", error)
    logging.shutdown()
    # Not an exception: event loops log those and go on.
    os._exit(EXIT_CODE)
