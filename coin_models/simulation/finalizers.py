"""Keeps the garbage collector out of a night.

A generator of a killed process that is part of a cycle is closed whenever the collector finds it, in the middle of
another process: its `finally` blocks would give back leases that no one gave back, at another instant in each replay.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_late_finalizers() -> Iterator[None]:
    """Collects at the end of the block, when nothing that is closed has an effect any more."""
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()  # what is older than the night is not looked at
    try:
        yield
    finally:
        hook, sys.unraisablehook = sys.unraisablehook, lambda _unraisable: None
        try:
            gc.collect()
        finally:
            sys.unraisablehook = hook
            gc.unfreeze()
            if was_enabled:
                gc.enable()
