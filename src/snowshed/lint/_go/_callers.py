"""Who calls a function, and which locks all of them hold then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._locking import locking
from snowshed.lint._go._place import class_of
from snowshed.lint._go._summary import reaching
from snowshed.lint._go._targets import targets

if TYPE_CHECKING:
    from snowshed.lint._go._events import Key
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["always_under", "callers"]

_LEVELS = 3


def callers(package: Package) -> Mapping[Function, Sequence[n.Call]]:
    """Return the calls of each function, without those that start a goroutine."""
    return _calls(package)[0]


def _calls(package: Package) -> tuple[dict[Function, list[n.Call]], set[Function]]:
    found = package.kept.get("callers")
    if found is None:
        table: dict[Function, list[n.Call]] = defaultdict(list)
        started: set[Function] = set()
        for function in reaching(package):
            for call in function.all(n.Call):
                for target in targets(call):
                    if isinstance(call.parent, n.Go):
                        started.add(target.function)
                    else:
                        table[target.function].append(call)
        found = package.kept["callers"] = (dict(table), started)
    return cast("tuple[dict[Function, list[n.Call]], set[Function]]", found)


def always_under(function: Function, levels: int = _LEVELS) -> frozenset[Key]:
    """Return the classes of the locks that everybody holds who calls ``function``.

    None of a function that other packages may call, or that is started as a goroutine.
    """
    package = function.file.package
    calls, started = _calls(package)
    is_own = function.name[:1].islower() and function not in started
    if not is_own or levels == 0 or function not in calls:
        return frozenset()
    found: frozenset[Key] | None = None
    for call in calls[function]:
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
