"""Ways out of a function, or into the next turn of a loop, on which a lock is still held.

``mu.Lock(); if err != nil { return err }; mu.Unlock()`` releases it on one way and not on another.
That a function returns with a lock held is no fault in itself: it may be what the function is for,
or another one may release it. So nothing is said of a lock that the function releases nowhere, that
a literal in it releases, that is handed on or returned, that a method of the package releases for
others, or of a function whose name says that it locks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._callers import callers
from snowshed.lint._go._flow import End, Flow, Point, flow_of
from snowshed.lint._go._held import Do, Hold, State, acts_of
from snowshed.lint._go._locking import locking
from snowshed.lint._go._locks import Action, operation_of
from snowshed.lint._go._place import Place, class_of
from snowshed.lint._go._targets import targets

if TYPE_CHECKING:
    from snowshed.lint._go._events import Key, Summary
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["Unreleased", "loop_of", "unreleased"]

_LEVELS = 3
_LOCKS_BY_NAME = re.compile(r"^lock|Lock|^acquire|Acquire")


@dataclass(frozen=True, slots=True)
class Unreleased:
    """A way on which a lock stays held.

    Attributes:
        at: the ``return``, ``break`` or ``continue``; the call that takes it if a turn of a loop
            just ends; the body if the function does.
        lock: the lock.
        hold: how it is held, and by which calls.
        releases: where else it is released.
        takes_again: the call that then waits for ever; None if that is in other functions.
    """

    at: n.Node
    lock: Place
    hold: Hold
    releases: tuple[n.Node, ...]
    takes_again: n.Call | None = None


def unreleased(package: Package) -> Iterator[Unreleased]:
    """Yield where a lock is left held though the function means to release it."""
    known = locking(package)
    dropped = _released_for_others(known)
    for function, summary in known.items():
        if summary.before and not _LOCKS_BY_NAME.search(function.name):
            look = _Look(function, summary, known)
            for lock in look.locks():
                others = dropped.get(class_of(package, lock), set()) - {function}
                if not others or not _may_release_after(function, others):
                    yield from look.left(lock)


def _may_release_after(function: Function, others: set[Function]) -> bool:
    """Tell whether one of ``others`` may run behind ``function``, and release what it has left.

    Behind one that other packages call everything may. Behind one of the package's own only its
    callers do, and what they call.
    """
    if function.outer is not None or not function.name[:1].islower():
        return True
    around: set[Function] = set()
    waiting = [function]
    for _ in range(_LEVELS):
        calls = [call for each in waiting for call in callers(each)]
        waiting = list({call.function for call in calls} - around)
        around.update(waiting)
    if not around or around & others:
        return True
    return any(
        target.function in others
        for each in around
        for call in each.all(n.Call)
        for target in targets(call)
    )


def _released_for_others(known: Mapping[Function, Summary]) -> dict[Key, set[Function]]:
    """Return who releases what its caller has taken, by the class of the lock."""
    found: dict[Key, set[Function]] = {}
    for function, summary in known.items():
        if not _is_run_here(function):
            for key in summary.drops:
                found.setdefault(key, set()).add(function)
    return found


class _Look:
    """Looks at one function, lock by lock."""

    def __init__(
        self, function: Function, summary: Summary, known: Mapping[Function, Summary]
    ) -> None:
        self.function = function
        self.known = known
        self.before = summary.before
        self.flow: Flow = flow_of(function)
        self.takes: dict[Place, list[n.Call]] = {}
        self.releases: dict[Place, list[n.Node]] = {}
        self.points: dict[n.Node, Point] = {}
        for point, acts in acts_of(function).items():
            for act in acts:
                if act.do is not Do.LOCK or act.operation is None:
                    continue
                self.points[act.node] = point
                if act.operation.action is Action.TAKE and isinstance(act.node, n.Call):
                    self.takes.setdefault(act.operation.lock, []).append(act.node)
                elif act.operation.action is Action.RELEASE:
                    self.releases.setdefault(act.operation.lock, []).append(act.node)

    def locks(self) -> Iterator[Place]:
        """Yield the locks that are taken and released here, and by nobody else."""
        for lock in self.takes:
            if lock in self.releases and not self._is_handed_on(lock):
                yield lock

    def _is_handed_on(self, lock: Place) -> bool:
        for literal in list(self.function.family())[1:]:
            if not _is_run_here(literal):
                calls = (operation_of(call) for call in literal.all(n.Call))
                if any(each is not None and each.lock == lock for each in calls):
                    return True
        return any(
            each.field_ in {"Unlock", "RUnlock"} and not n.is_called(each)
            for each in self.function.all(n.Selector)
        )

    def left(self, lock: Place) -> Iterator[Unreleased]:
        """Yield the ways on which ``lock`` stays held."""
        yield from self._in_loops(lock)
        yield from self._of_turns(lock)
        ways = [*self._at_returns(lock), *self._at_breaks(lock)]
        if self._is_given_to_caller(lock, ways):
            return
        yield from ways

    def _state(self, point: Point) -> State | None:
        return self.before.get(point)

    def _hold(self, point: Point, lock: Place) -> Hold | None:
        """Return how ``lock`` is held before ``point``, and is not released by what is deferred."""
        state = self._state(point)
        if state is None or lock in state.unlocks or lock in state.released:
            return None
        return state.holds.get(lock)

    def _made(self, at: n.Node, lock: Place, hold: Hold, again: n.Call | None = None) -> Unreleased:
        return Unreleased(at, lock, hold, tuple(self.releases[lock]), again)

    def _at_returns(self, lock: Place) -> Iterator[Unreleased]:
        for point in self.flow.points:
            if point.end is End.RETURN and isinstance(point.node, n.Return):
                hold = self._hold(point, lock)
                if hold is not None and not self._releases_at(point, lock):
                    yield self._made(point.node, lock, hold)

    def _releases_at(self, point: Point, lock: Place) -> bool:
        """Tell whether the values of a ``return`` release it, or may."""
        if point in {self.points[each] for each in self.releases[lock]}:
            return True
        calls = [each for each in point.operations if isinstance(each, n.Call)]
        key = class_of(self.function.file.package, lock)
        return any(
            "unlock" in call.method.lower()
            or any(self._drops(each.function, key) for each in targets(call))
            for call in calls
        )

    def _drops(self, function: Function, key: Key) -> bool:
        return function in self.known and key in self.known[function].drops

    def _at_breaks(self, lock: Place) -> Iterator[Unreleased]:
        releases = {self.points[each] for each in self.releases[lock]}
        for branch in self.function.all(n.Branch):
            if branch.keyword not in {"break", "goto"}:
                continue
            loop = loop_of(branch)
            point = self.flow.at.get(branch)
            if loop is None or point is None or not self._is_taken_in(loop, lock):
                continue
            hold = self._hold(point, lock)
            if hold is None:
                continue
            reached = self.flow.reachable(point)
            if not reached & releases and not self._is_deferred_in(reached, lock):
                yield self._made(branch, lock, hold)

    def _is_deferred_in(self, points: set[Point], lock: Place) -> bool:
        states = (self._state(point) for point in points)
        return any(state is not None and lock in state.unlocks for state in states)

    def _is_taken_in(self, loop: n.For, lock: Place) -> bool:
        """Tell whether ``lock`` is taken in a turn, and not held between two."""
        head = self.flow.at.get(loop)
        inside = all(loop.start <= each.start < loop.end for each in self.takes[lock])
        return head is not None and inside and self._hold(head, lock) is None

    def _in_loops(self, lock: Place) -> Iterator[Unreleased]:
        if not lock.is_one:
            return
        for loop in self.function.all(n.For):
            declared = lock.root.declared
            if declared is not None and loop.start <= declared.start < loop.end:
                continue
            if self._is_taken_in(loop, lock):
                yield from self._next_turn(loop, lock)

    def _of_turns(self, lock: Place) -> Iterator[Unreleased]:
        """Yield the ways on which a turn leaves the lock of an element that only it has."""
        declared = lock.root.declared
        if declared is None or not self._is_of_this_only(lock):
            return
        for branch in self.function.all(n.Branch):
            loop = loop_of(branch)
            point = self.flow.at.get(branch)
            if branch.keyword != "continue" or loop is None or point is None:
                continue
            hold = self._hold(point, lock) if loop.start <= declared.start < loop.end else None
            if hold is not None:
                yield self._made(branch, lock, hold)

    def _is_of_this_only(self, lock: Place) -> bool:
        """Tell whether nobody else gets what has ``lock``, or goes over all of its kind."""
        package = self.function.file.package
        key = class_of(package, lock)
        alike = (each for each in self.releases if class_of(package, each) == key)
        return all(map(_is_read_only, lock.root.uses)) and all(each == lock for each in alike)

    def _next_turn(self, loop: n.For, lock: Place) -> Iterator[Unreleased]:
        """Yield the first way on which a turn ends with the lock that the next one takes."""
        head = self.flow.at[loop]
        releases = {self.points[each] for each in self.releases[lock]}
        ahead = self.flow.reachable(head, without=lambda point: point in releases)
        again = [each for each in self.takes[lock] if self.points[each] in ahead]
        if not again:
            return
        for branch in self.function.all(n.Branch):
            point = self.flow.at.get(branch)
            if branch.keyword == "continue" and point is not None and loop_of(branch) is loop:
                hold = self._hold(point, lock)
                if hold is not None:
                    yield self._made(branch, lock, hold, again[0])
                    return

    def _is_given_to_caller(self, lock: Place, ways: list[Unreleased]) -> bool:
        """Tell whether it may be on purpose.

        What was locked is returned, or the last return has it and other packages can release it.
        """
        returns = self.function.all(n.Return)
        held = [each.at for each in ways]
        if any(_mentions(each, lock) for each in held if isinstance(each, n.Return)):
            return True
        if not returns or not held or not _is_known_outside(lock):
            return False
        last = max(returns, key=lambda each: each.start)
        return last in held and last.parent is self.function.body


def _is_run_here(literal: Function) -> bool:
    """Tell whether a literal is called where it stands, or deferred."""
    for around in literal.outer.all(n.Call) if literal.outer is not None else ():
        called = around.called
        if isinstance(called, n.FunctionLiteral) and called.literal is literal:
            return not isinstance(around.parent, n.Go)
    return False


def _is_known_outside(lock: Place) -> bool:
    """Tell whether other packages may release it: by its name, or as it is embedded."""
    return bool(lock.path) and lock.path[-1][:1].isupper()


def loop_of(branch: n.Branch) -> n.For | None:
    """Return the loop that a ``break`` or ``continue`` is of; None for a switch or a select."""
    for around in n.inside(branch):
        if branch.label:
            if isinstance(around, n.Labeled) and around.label == branch.label:
                return around.statement if isinstance(around.statement, n.For) else None
        elif isinstance(around, n.For):
            return around
        elif branch.keyword == "break" and isinstance(around, n.Select | n.Switch):
            return None
    return None


def _mentions(returned: n.Return, lock: Place) -> bool:
    """Tell whether what is returned is what was locked, or a part of it."""
    return any(
        isinstance(each, n.Name) and each.variable is lock.root and not _is_read_only(each)
        for value in returned.values
        for each in n.walk(value)
    )


def _is_read_only(name: n.Name) -> bool:
    """Tell whether of a name only a field or a method is asked: ``return s.err``."""
    return isinstance(name.parent, n.Selector)
