"""The true life of every task: who made it, in which state it is, what it waits for.

The names below arrive when they are first used: a service that only serves needs few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.observe._break_cycles import break_cycles
    from snowshed.observe._settings import Settings
    from snowshed.observe._snapshot._snapshot import Describe, Snapshot, take, take_on_loop
    from snowshed.observe._waits import Cascade, Deadlock, Step, WaitGraph

__all__ = [
    "Cascade",
    "Deadlock",
    "Describe",
    "Settings",
    "Snapshot",
    "Step",
    "WaitGraph",
    "break_cycles",
    "take",
    "take_on_loop",
]

_MODULES = {
    "Cascade": "_waits",
    "Deadlock": "_waits",
    "Describe": "_snapshot._snapshot",
    "Settings": "_settings",
    "Snapshot": "_snapshot._snapshot",
    "Step": "_waits",
    "WaitGraph": "_waits",
    "break_cycles": "_break_cycles",
    "take": "_snapshot._snapshot",
    "take_on_loop": "_snapshot._snapshot",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        msg = f"module 'snowshed.observe' has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
