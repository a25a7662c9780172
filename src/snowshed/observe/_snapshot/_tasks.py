"""Every task of the process, on whatever loop, at next to no cost and from any thread.

`asyncio.all_tasks` knows one loop, makes a set of strong references, and starts anew whenever the
loop's thread makes a task meanwhile. What lies beneath is one set of weak references for the whole
process, and copying a set is a single step that no other thread can come between. It holds tasks
that have ended too, as long as somebody keeps them: among these are the failures that nobody has
asked for.

The copy stays weak. Whoever drops the last reference to a task runs its finalizer, and a look must
not move that from the loop's thread to its own.

A process that was forked has copies of its parent's tasks, which nobody runs there and which are
not its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias
from weakref import ref

import msgspec
from msgspec.structs import astuple

TaskRef: TypeAlias = "ref[asyncio.Task[Any]]"
# Those of loops that the parent was running when this process was forked, by the id of the
# reference, which is held here.
_of_parent: dict[int, TaskRef] = {}


_BUNDLED = 64
_Bundle: Any = msgspec.defstruct(
    "_Bundle", [f"reference_{number}" for number in range(_BUNDLED)], gc=False
)


class TaskRefs:
    """Very many references, which the garbage collector does not go through.

    What is new is gone through at each of its small collections. With a list of a hundred thousand
    one takes 6 to 10 ms, in which the service stands still. So the references are fields of objects
    that it does not watch; what they lead to cannot lead back to these.

    Cost: 0.05 us for each.
    """

    def __init__(self, references: list[TaskRef]) -> None:
        whole = len(references) - len(references) % _BUNDLED
        self._bundles = [
            _Bundle(*references[at : at + _BUNDLED]) for at in range(0, whole, _BUNDLED)
        ]
        self._rest = references[whole:]

    def __len__(self) -> int:
        return _BUNDLED * len(self._bundles) + len(self._rest)

    def __iter__(self) -> Iterator[TaskRef]:
        for bundle in self._bundles:
            yield from astuple(bundle)
        yield from self._rest


def live_tasks(loops: Iterable[asyncio.AbstractEventLoop] = ()) -> list[TaskRef]:
    """Return references to the tasks of all loops; some may have ended, or end meanwhile.

    Args:
        loops: the loops to ask where the interpreter keeps no list for the process, as Python 3.14.

    From any thread. Cost: about 0.01 us for each task, a tenth of `asyncio.all_tasks`.
    """
    tasks: Any = asyncio.tasks
    # First: a task that moves from here to there in between is found twice, not never.
    eager = [ref(task) for task in list(getattr(tasks, "_eager_tasks", ()))]
    if hasattr(tasks, "_py_all_tasks"):
        return [ref(task) for loop in loops for task in asyncio.all_tasks(loop)]
    found = scheduled_tasks()
    found += eager
    return found


def scheduled_tasks() -> list[TaskRef]:
    """Return references to the tasks of all loops, but to those in their first, eager step.

    A task is there once. None is on Python 3.14, whose list of them is in C.
    """
    tasks: Any = asyncio.tasks
    scheduled = getattr(tasks, "_scheduled_tasks", None) or getattr(tasks, "_all_tasks", None)
    # In one step, whatever the loops do: a list of a set is made without a line of Python.
    found: list[TaskRef] = list(getattr(scheduled, "data", ()))
    return [each for each in found if id(each) not in _of_parent] if _of_parent else found


def _leave_those_of_the_parent() -> None:
    """Note, in a child, what the parent's loops go on with, and nobody here."""
    for each in live_tasks():
        task = each()
        with contextlib.suppress(Exception):  # somebody else's idea of a task, or of a loop
            if task is not None and task.get_loop().is_running():
                _of_parent[id(each)] = each


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_those_of_the_parent)
