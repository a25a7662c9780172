"""What a function does by way of those that it calls, worked out until nothing changes any more.

A lock that is taken in ``flush``, which ``Close`` calls with the same lock held, is seen only by
who knows what ``flush`` does. So each function of a package gets a summary, from its own body and
from the summaries of the functions that it calls; where they call each other in a circle the
summaries grow until they fit together. Calls to other packages have none.

Source: the functional approach of Sharir and Pnueli, "Two approaches to interprocedural data flow
analysis" (1981).
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._types import callee

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function
    from snowshed.lint._go._package import Package

__all__ = ["reaching", "summaries"]

S = TypeVar("S")
_CALLED = re.compile(rb"(\w+)\(")
_ROUNDS = 20
"""How often one summary may change: one that does not settle is left as it is."""


def reaching(package: Package) -> tuple[Function, ...]:
    """Return the functions that may matter, and those that may call one of them, with literals.

    Who may call whom is told by the names alone: too many are better than one too few.
    """
    found = package.kept.get("reaching")
    if not isinstance(found, tuple):
        found = package.kept["reaching"] = _reaching(package)
    return found


def _reaching(package: Package) -> tuple[Function, ...]:
    callers: dict[bytes, list[Function]] = defaultdict(list)
    for function in package.functions:
        for name in set(_CALLED.findall(function.code)):
            callers[name].append(function)
    chosen = {each.outermost for each in package.interesting}
    waiting = deque(chosen)
    while waiting:
        for caller in callers.get(waiting.popleft().name.encode(), ()):
            if caller not in chosen:
                chosen.add(caller)
                waiting.append(caller)
    named = (each for each in package.functions if each in chosen)
    return tuple(part for each in named for part in each.family())


def summaries(
    package: Package,
    name: str,
    first: S,
    of: Callable[[Function, Callable[[Function], S]], S],
    *,
    calls: Callable[[Function], Iterable[Function]] | None = None,
    functions: Iterable[Function] | None = None,
) -> Mapping[Function, S]:
    """Return the summary of each function that may matter; it is worked out once.

    Args:
        package: whose functions.
        name: by which the result is kept.
        first: the summary of what does nothing, and of what is not known.
        of: returns the summary of a function, with the help of those of others.
        calls: returns those whose summaries that of a function is made of; None: those that it is
            sure to call, and no callbacks.
        functions: those that have a summary; None: `reaching`.

    Cost: O(functions times calls) at the worst, mostly two looks at each function.
    """
    found = package.kept.get(name)
    if not isinstance(found, dict):
        chosen = tuple(reaching(package) if functions is None else functions)
        found = package.kept[name] = _summaries(chosen, first, of, calls or _called)
    return found


def _called(function: Function) -> Iterator[Function]:
    for call in function.all(n.Call):
        found = callee(call)
        if found is not None:
            yield found


def _summaries(
    functions: tuple[Function, ...],
    first: S,
    of: Callable[[Function, Callable[[Function], S]], S],
    calls: Callable[[Function], Iterable[Function]],
) -> dict[Function, S]:
    callees = {function: list(calls(function)) for function in functions}
    callers: dict[Function, set[Function]] = defaultdict(set)
    for function, called in callees.items():
        for each in called:
            callers[each].add(function)
    found = dict.fromkeys(functions, first)
    changes = dict.fromkeys(functions, 0)
    waiting = deque(_innermost_first(callees))
    queued = set(functions)
    while waiting:
        function = waiting.popleft()
        queued.discard(function)
        now = of(function, lambda called: found.get(called, first))
        if now == found[function] or changes[function] > _ROUNDS:
            continue
        found[function] = now
        changes[function] += 1
        again = [each for each in callers[function] if each in found and each not in queued]
        waiting += again
        queued.update(again)
    return found


def _innermost_first(callees: Mapping[Function, Sequence[Function]]) -> Iterator[Function]:
    """Yield each function behind those that it calls, as far as they do not call each other."""
    done: set[Function] = set()
    for start in callees:
        stack = [(start, False)]
        while stack:
            function, is_left = stack.pop()
            if is_left:
                yield function
            elif function not in done and function in callees:
                done.add(function)
                stack.append((function, True))
                stack += [(each, False) for each in callees[function] if each not in done]
