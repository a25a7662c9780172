"""A task in the form of a goroutine: what Go has no field for is in labels.

The names of the labels are those that ``goroutine?debug=2`` of a Python service has, so that a
cause need not know from which of the two it was read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.model import TaskState

if TYPE_CHECKING:
    from snowshed.model import Goroutine

__all__ = [
    "ENDED",
    "FAILED",
    "awaited",
    "born",
    "id_in",
    "is_task",
    "label",
    "of_process",
]

FAILED = str(TaskState.UNRETRIEVED)
ENDED = frozenset({str(TaskState.DONE), FAILED})
# Ids of several processes may be the same: each process has its number above this bit, the first
# zero. An address has no more bits.
_PROCESS_BIT = 48


def label(goroutine: Goroutine, name: str) -> str:
    """Return what stands under ``name``; empty if nothing does."""
    # Mostly there are none, and all are asked.
    labels = goroutine.labels
    return next((text for key, text in labels if key == name), "") if labels else ""


def is_task(goroutine: Goroutine) -> bool:
    """Tell whether it is a task of asyncio: no goroutine of Go, and no thread."""
    return label(goroutine, "kind") == "task"


def awaited(goroutine: Goroutine) -> tuple[int, ...]:
    """Return the ids of the tasks that a task waits for directly."""
    return tuple(int(word) for word in label(goroutine, "awaits").split() if word.isdecimal())


def id_in(number: int, process: int) -> int:
    """Return the id ``number`` of a process, told apart from that of others."""
    return number | process << _PROCESS_BIT


def of_process(goroutine: Goroutine, number: int, name: str) -> Goroutine:
    """Return a task that says of which process it is.

    Args:
        goroutine: the task.
        number: of the process among those that were looked at, from 0.
        name: of the process.
    """
    awaits = " ".join(str(id_in(each, number)) for each in awaited(goroutine))
    others = (pair for pair in goroutine.labels if pair[0] not in {"awaits", "process"})
    labels = (("awaits", awaits), *others, ("process", name))
    return replace(
        goroutine,
        id=id_in(goroutine.id, number),
        parent=None if goroutine.parent is None else id_in(goroutine.parent, number),
        labels=tuple(pair for pair in labels if pair[1]),
    )


def born(goroutine: Goroutine) -> float | None:
    """Return when a task was made, in seconds since 1970, as far as it was told."""
    text = label(goroutine, "born")
    return float(text) if text else None
