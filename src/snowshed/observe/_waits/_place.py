"""The line of a stack that means something to its reader."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model import Frame, TaskSnapshot

# Whoever waits stands in one of these, whatever it waits for: `Lock.acquire`, `Queue.get`.
_MACHINERY = frozenset({"asyncio", "anyio", "snowshed", "uvloop"})


def place_of(task: TaskSnapshot) -> Frame:
    """Return where a task stands: the innermost line outside asyncio and its like.

    The innermost of all if it stands nowhere else; the function that it was made to run if it
    stands nowhere.
    """
    for frame in task.stack:
        if not _is_machinery(frame.file):
            return frame
    return task.stack[0] if task.stack else task.function


@lru_cache(4096)
def _is_machinery(file: str) -> bool:
    return not _MACHINERY.isdisjoint(PurePath(file).parts[:-1])


def shown(frame: Frame) -> str:
    """Return a place for a line of text: the end of its path is what tells files apart."""
    if not frame.file:
        return frame.function
    return f"{PurePath(*PurePath(frame.file).parts[-2:])}:{frame.line} {frame.function}"
