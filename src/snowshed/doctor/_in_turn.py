"""Several dumps in one file: what was appended to it again and again, or printed twice in a log.

A goroutine has one id as long as it lives, and a dump has each of them once. So where an id comes
again, another dump has begun, which is another look at the service, later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.model import GoroutineDump

if TYPE_CHECKING:
    from snowshed.doctor._load import Loaded
    from snowshed.model import Goroutine

__all__ = ["in_turn"]

# A log of single stacks, or what a crash prints of its threads, is no row of dumps: there is much
# more in one of its parts than in another.
_LEAST, _TIMES_AS_LARGE = 2, 20


def in_turn(loaded: Loaded) -> list[Loaded]:
    """Return the dumps in ``loaded``, the oldest first; itself if it is one.

    Cost: O(goroutines).
    """
    dump = loaded.content
    if not isinstance(dump, GoroutineDump):
        return [loaded]
    parts = [*_parts(dump.goroutines)]
    sizes = [len(part) for part in parts]
    if len(parts) < 2 or min(sizes) < _LEAST or min(sizes) * _TIMES_AS_LARGE < max(sizes):
        return [loaded]
    # What was said around them, such as why the runtime gave up, was said at the end.
    notes = [()] * (len(parts) - 1) + [dump.notes]
    warnings = [loaded.warnings] + [()] * (len(parts) - 1)
    return [
        replace(
            loaded,
            source=f"{loaded.source}, dump {number} of {len(parts)}",
            content=GoroutineDump(part, said),
            warnings=warned,
        )
        for number, (part, said, warned) in enumerate(zip(parts, notes, warnings, strict=True), 1)
    ]


def _parts(goroutines: tuple[Goroutine, ...]) -> Iterator[tuple[Goroutine, ...]]:
    """Yield as many as there are without an id that comes again."""
    seen: set[int] = set()
    first = 0
    for index, each in enumerate(goroutines):
        if each.id in seen:
            yield goroutines[first:index]
            first = index
            seen.clear()
        # Each thread has a goroutine of number 0, with which it runs the others.
        if each.id:
            seen.add(each.id)
    yield goroutines[first:]
