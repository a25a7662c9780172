"""What a caller is told of what happens in a function: in names that it knows.

A parameter is what the caller gives, and what is reached from it is as well. Of an object that the
caller cannot name only its class is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._events import Event, Given, Key, Taken, Waited
from snowshed.lint._go._look import held_in
from snowshed.lint._go._place import Place, class_of
from snowshed.lint._go._places import traced_back
from snowshed.lint._go._scope import Kind

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._held import State
    from snowshed.lint._go._scope import Variable

__all__ = ["at_returns", "exported", "given_of", "outward_all"]

_MOST = 48
"""So many locks and waits a summary has: who calls the whole program holds nothing that matters."""


def exported(
    function: Function, found: Iterable[Event]
) -> tuple[frozenset[Taken], frozenset[Waited]]:
    """Return what a caller sees of the events: of locks that it cannot name the class."""
    taken: dict[Taken, Taken] = {}
    waited: dict[Waited, Waited] = {}
    for event in found:
        what = event.what
        if isinstance(what, Waited):
            if what not in waited or len(waited[what].chain) > len(what.chain):
                waited[what] = _outward_wait(function, event, what)
        elif not _is_by_flag(what.chain[0] if what.chain else what.node):
            out = _outward_lock(function, event, what)
            if out not in taken or _distance(taken[out]) > _distance(out):
                taken[out] = out
    return frozenset(list(taken.values())[:_MOST]), frozenset(list(waited.values())[:_MOST])


def _outward_wait(function: Function, event: Event, what: Waited) -> Waited:
    gone = what.released | event.state.released
    return replace(what, released=outward_all(function, gone)) if gone else what


def _outward_lock(function: Function, event: Event, what: Taken) -> Taken:
    gone = what.released | event.state.released
    return Taken(
        None if what.lock is None else _outward(function, what.lock),
        what.key,
        what.mode,
        what.node,
        what.chain,
        outward_all(function, gone) if gone else gone,
        what.under | {each.key for each in event.held} if event.held else what.under,
        what.is_sure,
    )


def _distance(taken: Taken) -> tuple[bool, bool, int, int]:
    return taken.lock in taken.released, not taken.is_sure, len(taken.chain), taken.node.start


def _outward(function: Function, place: Place) -> Place | None:
    found = place
    if place.root.kind in (Kind.LOCAL, Kind.RANGE) or not place.is_one:
        found = _origin(function, place)
    root = found.root
    if root.function is function and n.is_set_again(root):
        return None
    if root.function is function and root.kind not in (Kind.PARAMETER, Kind.RECEIVER):
        return None
    return found


def _origin(function: Function, place: Place) -> Place:
    kept = cast("dict[Place, Place]", function.file.package.kept.setdefault("origins", {}))
    if place not in kept:
        kept[place] = traced_back(place) or place
    return kept[place]


def outward_all(function: Function, places: Iterable[Place]) -> frozenset[Place]:
    """Return what of ``places`` the caller can name, as it names them."""
    found = (_outward(function, each) for each in places)
    return frozenset(each for each in found if each is not None)


def _is_by_flag(node: n.Node) -> bool:
    """Tell whether a parameter says whether ``node`` is done: ``if lock { s.mu.Lock() }``."""
    function = node.function
    if not any(each.type_ == "bool" for each in function.parameters):
        return False
    for around in n.inside(node):
        if isinstance(around, n.If) and any(
            isinstance(each, n.Name)
            and each.variable is not None
            and each.variable.kind is Kind.PARAMETER
            and each.variable.type_ == "bool"
            for each in n.walk(around.condition)
        ):
            return True
    return False


def given_of(function: Function, given: Sequence[tuple[Variable, State]]) -> frozenset[Given]:
    found = set()
    for variable, state in given:
        if variable.kind is not Kind.PARAMETER or variable.function is not function:
            continue
        holds = frozenset(
            each._replace(lock=out)
            for each in held_in(function, state)
            if (out := _outward(function, each.lock)) is not None
        )
        found.add(Given(variable, holds, outward_all(function, state.released)))
    return frozenset(found)


def at_returns(
    function: Function, ends: Sequence[State]
) -> tuple[frozenset[tuple[Place, str]], frozenset[Place], frozenset[Key]]:
    """Return what a function leaves held, what it releases of its caller's, and of which classes.

    Args:
        function: the function.
        ends: what holds at each of its returns.
    """
    if not ends:
        return frozenset(), frozenset(), frozenset()
    kept = set(ends[0].holds)
    for state in ends[1:]:
        kept &= set(state.holds)
    holds = frozenset(
        (out, ends[0].holds[place].mode)
        for place in kept
        if place not in ends[0].released and (out := _outward(function, place)) is not None
    )
    gone = frozenset(each for state in ends for each in state.gone)
    keys = frozenset(class_of(function.file.package, each) for each in gone)
    return holds, outward_all(function, gone), keys
