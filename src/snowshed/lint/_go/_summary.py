"""What a function does by way of those that it calls, worked out until nothing changes any more.

A lock that is taken in ``flush``, which ``Close`` calls with the same lock held, is seen only by
who knows what ``flush`` does. So each function of a package gets a summary, from its own body and
from the summaries of the functions that it calls; where they call each other in a circle the
summaries grow until they fit together. Calls to other packages have none.

Source: the functional approach of Sharir and Pnueli, "Two approaches to interprocedural data flow
analysis" (1981).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from snowshed.lint._go._function import Function

__all__ = ["summaries"]

S = TypeVar("S")
_ROUNDS = 20
"""How often one summary may change: one that does not settle is left as it is."""


def summaries(
    functions: Iterable[Function],
    first: S,
    of: Callable[[Function, Callable[[Function], S]], S],
    *,
    calls: Callable[[Function], Iterable[Function]],
) -> Mapping[Function, S]:
    """Return the summary of each of ``functions``.

    Args:
        functions: those that have a summary.
        first: the summary of what does nothing, and of what is not known.
        of: returns the summary of a function, with the help of those of others.
        calls: returns those whose summaries that of a function is made of.

    Cost: O(functions times calls) at the worst, mostly two looks at each function.
    """
    callees = {function: list(calls(function)) for function in functions}
    callers: dict[Function, set[Function]] = defaultdict(set)
    for function, called in callees.items():
        for each in called:
            callers[each].add(function)
    found = dict.fromkeys(callees, first)
    changes = dict.fromkeys(callees, 0)
    waiting = deque(_innermost_first(callees))
    queued = set(callees)
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
