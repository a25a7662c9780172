"""Locks: which calls take and release them, and which one.

A lock is the `Place` of its mutex. ``s.Lock()`` of a struct that embeds one is the embedded one;
``cond.L.Lock()`` is the mutex that the condition was made with, if the package says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._place import Place, class_of, type_at
from snowshed.lint._go._places import place_of
from snowshed.lint._go._types import base_of

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = [
    "READ",
    "WRITE",
    "Action",
    "Operation",
    "condition_lock",
    "is_condition",
    "once_of",
    "operation_of",
]

READ, WRITE = "read", "write"


class Action(Enum):
    """What is done to a lock."""

    TAKE = auto()
    RELEASE = auto()
    TRY = auto()


_ACTIONS = {
    "Lock": (Action.TAKE, WRITE),
    "RLock": (Action.TAKE, READ),
    "Unlock": (Action.RELEASE, WRITE),
    "RUnlock": (Action.RELEASE, READ),
    "TryLock": (Action.TRY, WRITE),
    "TryRLock": (Action.TRY, READ),
}
_LOCK = re.compile(r"\*?(?:\w+\.)?\w*(?:Mutex|Locker)")
_CONDITION = re.compile(r"\*?sync\.Cond")
_CONDITION_WORDS = frozenset({b"NewCond", b"L"})
_MAKES_CONDITION = re.compile(rb"\bNewCond\(|\.L\s*=|\bL:\s*&")


@dataclass(frozen=True, slots=True)
class Operation:
    """What a call does to a lock.

    Attributes:
        action: takes, tries to take or releases it.
        lock: the mutex.
        mode: `READ` or `WRITE`.
    """

    action: Action
    lock: Place
    mode: str


def operation_of(call: n.Call) -> Operation | None:
    """Return what ``call`` does to a lock; None if it is no such call, or nobody knows which."""
    called = call.called
    known = _ACTIONS.get(called.field_) if isinstance(called, n.Selector) else None
    if known is None or not isinstance(called, n.Selector):
        return None
    action, mode = known
    if call.arguments:
        lock = _of_key(call, called)
        return None if lock is None else Operation(action, lock, mode)
    operand: n.Expression | None = called.operand
    if isinstance(operand, n.Call) and operand.method == "RLocker":
        operand, mode = _receiver(operand), READ
    place = place_of(operand)
    if place is None:
        return None
    package = call.function.file.package
    found = _mutex(package, place, called.field_)
    if found is None:
        return None
    lock, by_condition = _behind_condition(package, found)
    return Operation(action, lock, by_condition or mode)


def _of_key(call: n.Call, called: n.Selector) -> Place | None:
    """Return the lock of ``locks.Lock(key)``: that of the key, of an object that has many.

    What returns something, or gets a context, is no mutex: it may fail, and somebody looks. It is a
    key if the same function names it at the lock and at the unlock, else something to be told.
    """
    is_done = isinstance(call.parent, n.Expressed | n.Defer)
    key = call.arguments[0].text
    place = place_of(called.operand)
    if len(call.arguments) != 1 or not is_done or place is None or key.lower().endswith("ctx"):
        return None
    code = call.function.outermost.code
    if all(f"{word}({key})".encode() in code for word in ("Lock", "Unlock")):
        return place.to(f"[{key}]")
    return place if called.field_.endswith("Unlock") else None


def _receiver(call: n.Call) -> n.Expression | None:
    return call.called.operand if isinstance(call.called, n.Selector) else None


def once_of(call: n.Call) -> Place | None:
    """Return the ``sync.Once`` that ``call`` does something by."""
    if call.method != "Do" or len(call.arguments) != 1 or not isinstance(call.called, n.Selector):
        return None
    place = place_of(call.called.operand)
    package = call.function.file.package
    is_once = place is not None and type_at(package, place).strip("*") == "sync.Once"
    return place if is_once else None


def _mutex(package: Package, place: Place, method: str) -> Place | None:
    """Return the mutex that ``place`` is or embeds; None where the package has its own method."""
    waiting, seen = [place], set()
    while waiting:
        at = waiting.pop(0)
        type_ = base_of(type_at(package, at))
        if type_ in seen:
            continue
        seen.add(type_)
        if any(each.receiver_type == type_ for each in package.methods(method)):
            return None
        struct = package.structs.get(type_)
        if struct is None:
            return at
        waiting += [at.to(each) for each in struct.embedded if _may_lock(package, struct, each)]
    return None


def _may_lock(package: Package, struct: object, name: str) -> bool:
    type_ = cast("dict[str, str]", getattr(struct, "fields", {})).get(name, "")
    return base_of(type_) in package.structs or _LOCK.fullmatch(type_) is not None


def is_condition(package: Package, place: Place) -> bool:
    """Tell whether ``place`` is a ``sync.Cond``."""
    return _CONDITION.fullmatch(type_at(package, place)) is not None


def _behind_condition(package: Package, lock: Place) -> tuple[Place, str | None]:
    if not lock.path or lock.path[-1] != "L":
        return lock, None
    condition = Place(lock.root, lock.path[:-1])
    found = condition_lock(package, condition)
    return (lock, None) if found is None else found


def condition_lock(package: Package, condition: Place) -> tuple[Place, str] | None:
    """Return the mutex that a condition was made with, and how that is taken by ``cond.L``."""
    table = package.kept.get("conditions")
    if table is None:
        table = package.kept["conditions"] = dict(_conditions(package))
    known = cast("dict[tuple[object, ...], _Made]", table).get(class_of(package, condition))
    if known is None:
        return None
    if known.absolute is not None:
        return known.absolute, known.mode
    return Place(condition.root, condition.path[: len(condition.path) - 1]).to(
        *known.beside
    ), known.mode


@dataclass(frozen=True, slots=True)
class _Made:
    """The mutex of a condition: beside it in the same object, or a variable."""

    beside: tuple[str, ...]
    absolute: Place | None
    mode: str


def _conditions(package: Package) -> Iterator[tuple[tuple[object, ...], _Made]]:
    for named in package.functions:
        if not _CONDITION_WORDS.isdisjoint(named.words) and _MAKES_CONDITION.search(named.code):
            for function in named.family():
                yield from _made_in(package, function)


def _made_in(package: Package, function: Function) -> Iterator[tuple[tuple[object, ...], _Made]]:
    stated: list[n.Assign | n.Var] = [*function.all(n.Assign), *function.all(n.Var)]
    for each in stated:
        if len(each.left) != len(each.right):
            continue
        for left, right in zip(each.left, each.right, strict=True):
            condition, value = _condition_and_lock(left, right)
            made = None if condition is None else _beside(package, condition, value)
            if made is not None and condition is not None:
                yield class_of(package, condition), made


def _condition_and_lock(
    left: n.Expression, right: n.Expression
) -> tuple[Place | None, n.Expression | None]:
    if isinstance(right, n.Call) and right.path == "sync.NewCond" and len(right.arguments) == 1:
        declared = left.variable if isinstance(left, n.Name) else None
        place = Place(declared) if declared is not None else place_of(left)
        return place, right.arguments[0]
    if isinstance(left, n.Selector) and left.field_ == "L":
        return place_of(left.operand), right
    return None, None


def _beside(package: Package, condition: Place, value: n.Expression | None) -> _Made | None:
    mode = WRITE
    if isinstance(value, n.Call) and value.method == "RLocker":
        value, mode = _receiver(value), READ
    place = place_of(value)
    lock = None if place is None else _mutex(package, place, "Lock")
    if lock is None:
        return None
    if not condition.path:
        return _Made((), lock, mode)
    around = condition.path[:-1]
    if lock.root is not condition.root or lock.path[: len(around)] != around:
        return None
    return _Made(lock.path[len(around) :], None, mode)
