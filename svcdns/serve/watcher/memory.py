"""The watcher's memory: what it holds is no garbage, and what it freed goes back to the system."""

import ctypes
import gc

GC_THRESHOLD = 20_000
"""More objects than there were, after which some are looked at for garbage; Python has 700."""


def raise_gc_threshold() -> None:
    """Look at what is made less often for garbage; at 700 it was 5% of a cold start."""
    gc.set_threshold(GC_THRESHOLD)


def release_free_memory() -> None:
    """Return free memory, a fifth of it, and look at what is alive now no more for garbage."""
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it
    if trim is not None:
        trim(0)
