"""The tasks that there are, looked at without holding any of them.

Asyncio keeps weak references to its tasks. Copying their list costs 10 to 30 ns for each, and
`asyncio.all_tasks` many times as much, as it asks each one whether it is done. A long copy is used
for several looks, so that its cost stays a tenth of a per cent: up to 2,000 tasks there is a new
one for each look, with 100,000 one in a second, which takes 3 ms.

A look only takes tasks that were in a copy made `longer_than` ago: whatever is in there is at least
as old, and no clock has to be read when a task is made.

A thread that follows a weak reference may be left with the last strong one, and to drop that is to
run the finalizers of the task and of its result. They belong to the thread of the loop; so a task
that nobody else holds is sent there to die.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any, TypeAlias

__all__ = ["AnyTask", "Population", "TaskRef", "dropped"]

AnyTask: TypeAlias = "asyncio.Task[Any]"
TaskRef: TypeAlias = "Callable[[], AnyTask | None]"
COPIED_AT_A_LOOK = 2000
_EMPTY = Context()


class Population:
    """The tasks that have lived for a while.

    Args:
        source: returns weak references to all tasks.
        longer_than: seconds that a task must have lived.
    """

    def __init__(self, source: Callable[[], Sequence[TaskRef]], longer_than: float) -> None:
        self._source = source
        self._longer_than = longer_than
        self._current: Sequence[TaskRef] = ()
        self._next: Sequence[TaskRef] = self._current
        self._next_at = 0.0
        self._looks_left = 0

    def at(self, now: float) -> Sequence[TaskRef]:
        """Return references to those that have lived long enough; some may be gone."""
        if now - self._next_at >= self._longer_than:
            self._current = self._next
        if self._looks_left > 0:
            self._looks_left -= 1
        elif self._current is self._next:
            self._next = self._source()
            self._next_at = now
            self._looks_left = len(self._next) // COPIED_AT_A_LOOK
        return self._current


def dropped(tasks: list[AnyTask]) -> None:
    """Empty ``tasks``; those that nobody else holds end in the thread of their loop."""
    while tasks:
        box = [tasks.pop()]
        # The box, and the argument.
        if sys.getrefcount(box[0]) > 2:
            continue
        with contextlib.suppress(Exception):  # the loop is closed, or is none of asyncio's
            # The box, not the task: the loop may be done with it before this call returns, and
            # whatever is held here then would be the last to let go.
            box[0].get_loop().call_soon_threadsafe(box.clear, context=_EMPTY)
