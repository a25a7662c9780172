"""The garbage collector, made to run at each allocation of a piece of code in turn.

Up to Python 3.11 it may run wherever an object is made, also in the midst of a copy that is written
in C, and the finalizers that it calls may change what is being copied.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

ALLOCATIONS = 200


def at_each_allocation(look: Callable[[], object], throw_away: Callable[[], object]) -> None:
    """Call ``look`` with the collector due at another allocation each time.

    Args:
        look: what must bear it.
        throw_away: makes garbage that only the collector finds.
    """
    before = gc.get_threshold()
    gc.freeze()  # what is there already would be looked through each time
    try:
        for made in range(ALLOCATIONS + 50):
            gc.collect()
            gc.disable()
            throw_away()
            filler = [[] for _ in range(made)]
            gc.set_threshold(ALLOCATIONS)
            gc.enable()
            look()
            del filler
    finally:
        gc.set_threshold(*before)
        gc.enable()
        gc.unfreeze()
