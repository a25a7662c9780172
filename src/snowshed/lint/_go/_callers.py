"""Who calls a function, and which locks all of them hold then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._locking import locking
from snowshed.lint._go._place import class_of
from snowshed.lint._go._targets import targets

if TYPE_CHECKING:
    from snowshed.lint._go._events import Key
    from snowshed.lint._go._function import Function

__all__ = ["always_under", "callers", "is_started"]

_LEVELS = 3


def callers(function: Function) -> Sequence[n.Call]:
    """Return the calls of ``function``, without those that start a goroutine; none of a literal."""
    return _calls(function)[0]


def is_started(function: Function) -> bool:
    """Tell whether ``function`` is started as a goroutine by its name."""
    return _calls(function)[1]


def _calls(function: Function) -> tuple[list[n.Call], bool]:
    """Return the calls of ``function``, and whether it is started as a goroutine."""
    found = function.kept.get("calls")
    if found is None:
        found = function.kept["calls"] = _find(function) if function.name else ([], False)
    return cast("tuple[list[n.Call], bool]", found)


def _find(function: Function) -> tuple[list[n.Call], bool]:
    calls: list[n.Call] = []
    is_started = False
    word = f"{function.name}(".encode()
    for named in function.file.package.functions:
        for part in named.family() if word in named.code else ():
            for call in part.all(n.Call):
                if call.method != function.name or not _may_call(call, function):
                    continue
                if isinstance(call.parent, n.Go):
                    is_started = True
                else:
                    calls.append(call)
    return calls, is_started


def _may_call(call: n.Call, function: Function) -> bool:
    return any(target.function is function for target in targets(call))


def always_under(function: Function, levels: int = _LEVELS) -> frozenset[Key]:
    """Return the classes of the locks that everybody holds who calls ``function``.

    None of a function that other packages may call, or that is started as a goroutine.
    """
    if not function.name[:1].islower() or levels == 0:
        return frozenset()
    calls, is_alone = _calls(function)
    found: frozenset[Key] | None = None
    for call in calls if not is_alone else ():
        held = _held_at(call) | always_under(call.function, levels - 1)
        found = held if found is None else found & held
        if not found:
            break
    return found or frozenset()


def _held_at(call: n.Call) -> frozenset[Key]:
    function = call.function
    package = function.file.package
    summary = locking(package).get(function)
    point = flow_of(function).point_of(call)
    state = None if summary is None or point is None else summary.before.get(point)
    holds = () if state is None else state.holds
    return frozenset(class_of(package, place) for place in holds)
