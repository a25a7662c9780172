"""Finding tasks that wait, through others, for themselves.

Task a awaits b, and b awaits a: asyncio allows it, both wait for ever, and cancelling either ends
in a `RecursionError`. No single task shows it; only the edges together do. They are looked for with
Tarjan's algorithm for strongly connected components, written without recursion, because the chain
of waits may be longer than the stack of the interpreter is deep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

_CLOSED = -1
_STEPS_AT_MOST = 128


def cycles(edges: Mapping[int, Collection[int]]) -> list[tuple[int, ...]]:
    """Return the groups of tasks in which each waits, directly or through others, for each.

    Args:
        edges: for each task, by its id, what it waits for directly. Ids that are no key of the
            mapping wait for nothing.

    Returns:
        One sorted tuple for each group, in the order of their smallest ids. A task that waits for
        itself is a group of one. What only waits for a group, without being waited for by it, is no
        part of it.

    Pure. Cost: O(tasks + edges): 0.05 us for a task that waits for none, else 1 to 3 us.
    """
    return sorted(group for group in cycles_in_steps(edges) if group)


def cycles_in_steps(edges: Mapping[int, Collection[int]]) -> Iterator[tuple[int, ...]]:
    """Yield the groups of `cycles` as they are found, and an empty one after each 0.1 ms or so."""
    search = _Search(edges)
    for steps, (task, awaited) in enumerate(edges.items()):
        if steps % _STEPS_AT_MOST == 0:
            yield ()
        if awaited and task not in search.seen:
            yield from search.run(task)


class _Search:
    __slots__ = ("_edges", "_path", "seen")

    def __init__(self, edges: Mapping[int, Collection[int]]) -> None:
        self._edges = edges
        # When a task was reached; `_CLOSED` once its group is known.
        self.seen: dict[int, int] = {}
        # What has been reached and belongs to a group that is still open.
        self._path: list[int] = []

    def run(self, root: int) -> Iterator[tuple[int, ...]]:
        edges, seen = self._edges, self.seen
        # A task, what is left to look at behind it, and the earliest that it leads back to.
        calls: list[tuple[int, Iterator[int], int]] = [(root, iter(edges[root]), self._enter(root))]
        steps = 0
        while calls:
            steps += 1
            if steps % _STEPS_AT_MOST == 0:
                yield ()
            task, rest, low = calls.pop()
            for target in rest:
                order = seen.get(target)
                if order is None:
                    behind = edges.get(target)
                    if not behind:
                        seen[target] = _CLOSED
                        continue
                    calls.append((task, rest, low))
                    calls.append((target, iter(behind), self._enter(target)))
                    break
                if order != _CLOSED and order < low:
                    low = order
            else:
                if low == seen[task]:
                    yield self._leave(task)
                if calls:
                    outer, rest, outer_low = calls.pop()
                    calls.append((outer, rest, min(outer_low, low)))

    def _enter(self, task: int) -> int:
        order = self.seen[task] = len(self.seen)
        self._path.append(task)
        return order

    def _leave(self, first: int) -> tuple[int, ...]:
        """Close the group whose task ``first`` was reached first; return it if it is a cycle."""
        path, seen = self._path, self.seen
        start = len(path) - 1
        while path[start] != first:
            start -= 1
        group = path[start:]
        del path[start:]
        for task in group:
            seen[task] = _CLOSED
        is_cycle = len(group) > 1 or first in self._edges[first]
        return tuple(sorted(group)) if is_cycle else ()
