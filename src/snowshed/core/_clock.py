"""The one place that asks what time it is.

Deadlines are numbers on the monotonic clock, in seconds. They are read in tasks *and* in threads,
where no event loop can be asked, so the clock is a module-level function rather than `loop.time`.
Tests replace it together with the loop's clock (`snowshed.testing.VirtualTimeLoop`): time is a
parameter, and no test sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_read: Callable[[], float] = time.monotonic


def now() -> float:
    """Return the time on the monotonic clock, in seconds."""
    return _read()


@contextmanager
def reading(clock: Callable[[], float]) -> Iterator[None]:
    """Replace the clock for the whole process while the block runs (tests only)."""
    global _read  # noqa: PLW0603 - the process has one clock
    previous = _read
    _read = clock
    try:
        yield
    finally:
        _read = previous
