"""A task in the form of a goroutine: what Go has no field for is in labels.

The names of the labels are those that ``goroutine?debug=2`` of a Python service has, so that a
cause need not know from which of the two it was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.model import TaskState

if TYPE_CHECKING:
    from snowshed.model import Goroutine

__all__ = ["ENDED", "FAILED", "born", "is_task", "label"]

FAILED = str(TaskState.UNRETRIEVED)
ENDED = frozenset({str(TaskState.DONE), FAILED})


def label(goroutine: Goroutine, name: str) -> str:
    """Return what stands under ``name``; empty if nothing does."""
    return next((text for key, text in goroutine.labels if key == name), "")


def is_task(goroutine: Goroutine) -> bool:
    """Tell whether it is a task of asyncio: no goroutine of Go, and no thread."""
    return label(goroutine, "kind") == "task"


def born(goroutine: Goroutine) -> float | None:
    """Return when a task was made, in seconds since 1970, as far as it was told."""
    text = label(goroutine, "born")
    return float(text) if text else None
