"""One look through a function: what happens at each point while which locks are held.

What a called function does is taken from its summary, as if it stood here; so is a literal that is
handed to a function which calls it, under the locks that that one holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._events import Event, Given, HeldLock, Summary, Taken, Waited
from snowshed.lint._go._held import Act, Do, State
from snowshed.lint._go._locks import WRITE, Action, once_of, operation_of
from snowshed.lint._go._place import Place, class_of
from snowshed.lint._go._places import moved
from snowshed.lint._go._targets import Target, function_of, targets

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._scope import Variable

__all__ = ["Known", "Look", "held_in"]

Known = Callable[["Function"], Summary]
_LONGEST = 12
_AT_ONCE = frozenset({"Do", "Range", "Slice", "SliceStable", "SortFunc", "SortStableFunc", "Walk"})


class Look:
    """Goes through the acts of a function, and notes what happens while what is held."""

    def __init__(self, known: Known, found: list[Event]) -> None:
        self.known = known
        self.found = found
        self.given: list[tuple[Variable, State]] = []
        self.freed: set[Place] = set()

    def quiet(self, state: State, act: Act) -> State:
        """Return what holds after a call, and note nothing."""
        if act.do is Do.DEFER and isinstance(act.node, n.Defer):
            return self._deferred(state, act.node)
        if act.do is Do.CALL and isinstance(act.node, n.Call):
            return self._after_call(state, act.node)
        if act.do is Do.START and isinstance(act.node, n.Go):
            return self._handed_over(state, act.node)
        return state

    def effect(self, state: State, act: Act) -> State:
        """Return what holds after an act, and note it."""
        held = tuple(held_in(act.node.function, state)) if state.holds else ()
        if act.do is Do.LOCK and isinstance(act.node, n.Call) and act.operation is not None:
            if act.operation.action is Action.TAKE:
                lock = act.operation.lock
                key = class_of(act.node.function.file.package, lock)
                taken = Taken(lock, key, act.operation.mode, act.node, (), state.released)
                self.found.append(Event(taken, state, held))
            elif act.operation.action is Action.RELEASE:
                self._free(state, act.operation.lock)
        elif act.do is Do.WAIT:
            self.found.append(Event(Waited(act.node, (), state.released), state, held))
        elif act.do is Do.CALL and isinstance(act.node, n.Call):
            self._call(act.node, state, held)
        return self.quiet(state, act)

    def _call(self, call: n.Call, state: State, held: tuple[HeldLock, ...]) -> None:
        chosen = targets(call)
        for target in chosen:
            summary = self.known(target.function)
            self._through(call, target, summary, state, held)
            for given in summary.given:
                self._callback(call, target, given, state, held)
        called = call.called
        if not chosen and isinstance(called, n.Name) and called.variable is not None:
            self.given.append((called.variable, state))
        if not chosen and _calls_at_once(call):
            held = (*held, *self._once(call, state, held))
            for argument in call.arguments:
                inner = function_of(argument)
                if inner is not None:
                    self._through(call, inner, self.known(inner.function), state, held)

    def _once(self, call: n.Call, state: State, held: tuple[HeldLock, ...]) -> tuple[HeldLock, ...]:
        """Return what ``once.Do(f)`` holds while it calls ``f``: all others wait for its end."""
        once = once_of(call)
        if once is None:
            return ()
        key = class_of(call.function.file.package, once)
        self.found.append(Event(Taken(once, key, WRITE, call, (), state.released), state, held))
        return (HeldLock(once, WRITE, call, key),)

    def _through(
        self,
        call: n.Call,
        target: Target,
        summary: Summary,
        state: State,
        held: tuple[HeldLock, ...],
    ) -> None:
        for taken in summary.taken:
            if len(taken.chain) < _LONGEST:
                self.found.append(Event(_moved_taken(taken, call, target), state, held, call))
        for waited in summary.waited:
            if len(waited.chain) < _LONGEST:
                what = replace(
                    waited,
                    chain=(call, *waited.chain),
                    released=_moved_all(waited.released, target),
                )
                self.found.append(Event(what, state, held, call))

    def _callback(
        self,
        call: n.Call,
        target: Target,
        given: Given,
        state: State,
        held: tuple[HeldLock, ...],
    ) -> None:
        """Go through a function that this one gives to another, which calls it with locks held."""
        function = target.function
        if given.parameter not in function.parameters:
            return
        place = function.parameters.index(given.parameter)
        if place >= len(call.arguments):
            return
        inner = function_of(call.arguments[place])
        if inner is None:
            if isinstance(name := call.arguments[place], n.Name) and name.variable is not None:
                self.given.append((name.variable, state))
            return
        also = tuple(
            each._replace(lock=lock)
            for each in given.holds
            if (lock := moved(each.lock, target.by, function)) is not None
        )
        gone = _moved_all(given.released, target)
        kept = tuple(each for each in held if each.lock not in gone)
        self._through(call, inner, self.known(inner.function), state, (*kept, *also))

    def _after_call(self, state: State, call: n.Call) -> State:
        chosen = targets(call)
        if not chosen:
            if "unlock" in call.method.lower():
                return state._replace(holds={})
            return state
        for target in chosen:
            summary = self.known(target.function)
            for lock in summary.releases:
                place = moved(lock, target.by, target.function)
                if place is not None:
                    self._free(state, place)
                    state = state.without(place)
            if len(chosen) == 1:
                for lock, mode in summary.holds:
                    place = moved(lock, target.by, target.function)
                    if place is not None:
                        state = state.with_lock(place, mode, call)
        return state

    def _free(self, state: State, lock: Place) -> None:
        if lock not in state.holds:
            self.freed.add(lock)

    def _handed_over(self, state: State, node: n.Go) -> State:
        """Return what is held after a goroutine has been started, which may release some of it."""
        call = node.call
        for target in targets(call) if isinstance(call, n.Call) and state.holds else ():
            for lock in self.known(target.function).frees:
                place = moved(lock, target.by, target.function)
                if place in state.holds:
                    holds = {each: hold for each, hold in state.holds.items() if each != place}
                    state = state._replace(holds=holds)
        return state

    def _deferred(self, state: State, node: n.Defer) -> State:
        released: set[Place] = set()
        if isinstance(node.call, n.Call):
            released = set(self._released_by(node.call))
        return (
            state._replace(
                defers=(*state.defers, node), unlocks=state.unlocks | frozenset(released)
            )
            if node not in state.defers
            else state
        )

    def _released_by(self, call: n.Call) -> Iterator[Place]:
        operation = operation_of(call)
        if operation is not None:
            if operation.action is Action.RELEASE:
                yield operation.lock
            return
        for target in targets(call):
            for lock in self.known(target.function).releases:
                place = moved(lock, target.by, target.function)
                if place is not None:
                    yield place


def _calls_at_once(call: n.Call) -> bool:
    """Tell whether a function of another package calls what it is given, before it returns."""
    return call.method in _AT_ONCE


def held_in(function: Function, state: State) -> Iterator[HeldLock]:
    """Yield what ``function`` holds in a state."""
    package = function.file.package
    for lock, hold in state.holds.items():
        yield HeldLock(lock, hold.mode, first_of(hold.by), class_of(package, lock))


def first_of(nodes: frozenset[n.Node]) -> n.Node:
    """Return the first of ``nodes`` in the source."""
    return min(nodes, key=lambda node: node.start)


def _moved_taken(taken: Taken, call: n.Call, target: Target) -> Taken:
    lock = None if taken.lock is None else moved(taken.lock, target.by, target.function)
    key = taken.key
    if lock is not None and not isinstance(key[0], str):
        # Of a field the class is known better there: here its owner may be an interface.
        key = class_of(target.function.file.package, lock)
    return Taken(
        lock,
        key,
        taken.mode,
        taken.node,
        (call, *taken.chain),
        _moved_all(taken.released, target),
        taken.under,
        taken.is_sure and target.is_sure,
    )


def _moved_all(places: frozenset[Place], target: Target) -> frozenset[Place]:
    if not places:
        return places
    found = (moved(each, target.by, target.function) for each in places)
    return frozenset(each for each in found if each is not None)
