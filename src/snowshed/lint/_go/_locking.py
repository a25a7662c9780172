"""What each function does to locks, by itself and by those that it calls.

`locking` gives a `Summary` for each function: the locks that it takes while the caller waits, the
waits for other goroutines in it, which locks it leaves held or releases for its caller. `events`
gives what happens while locks are held, in whichever function.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._events import Event, Key, Summary, Taken, Waited
from snowshed.lint._go._flow import Point, flow_of, forward
from snowshed.lint._go._held import (
    NOTHING,
    Act,
    Do,
    State,
    acts_of,
    after,
    at_end,
    is_waiting,
    joined,
    returns_of,
)
from snowshed.lint._go._locks import WRITE
from snowshed.lint._go._look import Known, Look
from snowshed.lint._go._outward import at_returns, exported, given_of, outward_all
from snowshed.lint._go._prefilter import LETTER
from snowshed.lint._go._silent import silent
from snowshed.lint._go._summary import summaries
from snowshed.lint._go._targets import function_of, is_function, targets

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["Event", "Summary", "Taken", "Waited", "events", "locking", "writers"]

_NONE = Summary()
_TURNS = 3
_TAKES = re.compile(rb"\.(?:Try)?R?(?:Lock|Unlock)\(")
_WORDS = frozenset({b"Lock", b"RLock", b"TryLock", b"TryRLock", b"Unlock", b"RUnlock", b"Do"})
_USES = re.compile(_TAKES.pattern + rb"|\.Do\((?:func\(\)|\w+\.\w+\))")


def locking(package: Package) -> Mapping[Function, Summary]:
    """Return what each function does to locks that takes one, and each that such a one calls.

    No others are even read. Who calls a function that leaves a lock held, or that calls what it is
    given with a lock held, takes one as well: that is known only when those are.
    """
    found = package.kept.get("locking")
    if isinstance(found, dict):
        return found
    users = [
        each
        for each in package.functions
        if not _WORDS.isdisjoint(each.words) and _USES.search(each.code)
    ]
    known: dict[Function, Summary] = {}
    for _ in range(_TURNS):
        fresh = _reached_from(package, users, known)
        # What is known already calls nothing of what comes now.
        known |= summaries(fresh, _NONE, partial(_summary_with, known.copy()), calls=_called)
        users = [each for each in _using(package, known) if each not in known]
        if not users:
            break
    package.kept["locking"] = known
    return known


def _summary_with(known: Mapping[Function, Summary], function: Function, of: Known) -> Summary:
    return _summary_of(function, lambda called: known[called] if called in known else of(called))


def _called(function: Function) -> Sequence[Function]:
    """Return what ``function`` may call, with what it gives to others to be called."""
    found = function.kept.get("called")
    if found is None:
        found = function.kept["called"] = tuple(_find_called(function))
    return cast("Sequence[Function]", found)


def _find_called(function: Function) -> Iterator[Function]:
    package = function.file.package
    for call in function.all(n.Call):
        for target in targets(call):
            yield target.function
            for parameter, argument in zip(
                target.function.parameters, call.arguments, strict=False
            ):
                given = function_of(argument) if is_function(package, parameter.type_) else None
                if given is not None:
                    yield given.function
        for argument in call.arguments:
            if isinstance(argument, n.FunctionLiteral):
                yield argument.literal


def _reached_from(
    package: Package, users: Iterable[Function], known: Mapping[Function, Summary]
) -> dict[Function, None]:
    """Return ``users`` and what they call, with the literals in all of these, but what is known.

    Left out is what is sure to do nothing.
    """
    none = silent(package)
    chosen = {part: None for each in users for part in each.family() if part not in known}
    waiting = deque(chosen)
    while waiting:
        for called in _called(waiting.popleft()):
            for part in called.family() if called not in known and called not in none else ():
                if part not in chosen:
                    chosen[part] = None
                    waiting.append(part)
    return chosen


def _using(package: Package, known: Mapping[Function, Summary]) -> Iterator[Function]:
    """Yield who may call a function that changes what its caller holds."""
    names = {
        each.name.encode()
        for each, summary in known.items()
        if each.name and (summary.changes or any(given.holds for given in summary.given))
    }
    if names:
        calls = re.compile(rb"(?<!%b)(?:%b)\(" % (LETTER, b"|".join(sorted(names))))
        for each in package.functions:
            if not names.isdisjoint(each.words) and calls.search(each.code):
                yield each


def events(package: Package) -> Iterator[Event]:
    """Yield what is taken and waited for while a lock is held."""
    for summary in locking(package).values():
        yield from summary.events


def _summary_of(function: Function, known: Known) -> Summary:
    found: list[Event] = []
    look = Look(known, found)
    if not _needs_flow(function, known):
        for act in _acts_without_order(function):
            look.effect(NOTHING, act)
        taken, waited = exported(function, found)
        held = tuple(event for event in found if event.held)
        return Summary(taken, waited, given_of(function, look.given), events=held)
    before = _states(function, look.quiet)
    ends: list[State] = []
    flow = flow_of(function)
    acts = acts_of(function)
    returns = set(returns_of(flow, before))
    for point, first in before.items():
        state = after(acts.get(point, ()), first, look.effect)
        if point.end is not None:
            state = at_end(state, look.effect)
        if point in returns:
            ends.append(state)
    holds, releases, drops = at_returns(function, ends)
    taken, waited = exported(function, found)
    held = tuple(event for event in found if event.held)
    given = given_of(function, look.given)
    frees = outward_all(function, look.freed)
    return Summary(taken, waited, given, holds, releases, frees, drops, held, before)


def _needs_flow(function: Function, known: Known) -> bool:
    """Tell whether what is held changes in ``function``: else the order in it does not matter."""
    if not _WORDS.isdisjoint(function.words) and _TAKES.search(function.code):
        return True
    return any(
        known(target.function).changes for call in function.all(n.Call) for target in targets(call)
    )


def _acts_without_order(function: Function) -> Iterator[Act]:
    for call in function.all(n.Call):
        if not isinstance(call.parent, n.Go):
            yield Act(Do.WAIT if is_waiting(call) else Do.CALL, call)
    for kind in (n.Send, n.Receive, n.Select, n.For):
        for node in function.all(kind):
            if is_waiting(node):
                yield Act(Do.WAIT, node)


def _states(function: Function, effect: Callable[[State, Act], State]) -> Mapping[Point, State]:
    acts = acts_of(function)
    return forward(
        flow_of(function),
        NOTHING,
        lambda point, state: after(acts[point], state, effect) if point in acts else state,
        joined,
    )


def writers(package: Package) -> Mapping[Key, n.Call]:
    """Return where somebody takes a lock for writing, by its class."""
    found = package.kept.get("writers")
    if found is None:
        taken = (each for summary in locking(package).values() for each in summary.taken)
        found = {each.key: each.node for each in taken if each.mode == WRITE}
        package.kept["writers"] = found
    return cast("Mapping[Key, n.Call]", found)
