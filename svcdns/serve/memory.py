"""Memory that is free, but not given back: a fifth of what the watcher has after its first list."""

import ctypes
import gc


def give_back() -> None:
    """Return free memory to the system, and look at what is alive now no more for garbage."""
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it
    if trim is not None:
        trim(0)
