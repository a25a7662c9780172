"""Which request a task works for, and how many work for it.

A request is a goroutine that serves one: of ``net/http``, HTTP/2, gRPC, or whatever accepts
connections. If it has ended and its tasks have not, its number is still told by them, and what it
was by others: those who serve requests now stand in the same functions, or have started tasks at
the same lines.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.doctor._family import BUDGET, Bond, Tasks
from snowshed.model import RequestsOver, RequestTasks

if TYPE_CHECKING:
    from snowshed.doctor._family import Family
    from snowshed.doctor._origin import Line
    from snowshed.model import Frame

__all__ = ["WORST_AT_MOST", "Known", "Requests", "serving_in"]

# Of the requests with too many tasks so many are named.
WORST_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Known:
    """What other looks at the same process tell.

    Attributes:
        serving: ids of the goroutines that served requests.
        functions: that handlers were in.
    """

    serving: frozenset[int] = frozenset()
    functions: frozenset[str] = frozenset()

    def and_(self, other: Known) -> Known:
        """Return what the two tell."""
        return Known(self.serving | other.serving, self.functions | other.functions)


class Requests:
    """The requests of one list.

    Args:
        family: who made whom.
        known: what earlier lists tell.
    """

    def __init__(self, family: Family, known: Known | None = None) -> None:
        self._family = family
        self._known = known or Known()
        self._functions = self._known.functions | _functions_of_handlers(family)
        self.gone = frozenset(self._ended())
        self._request_of: dict[int, int | None] = {}

    def is_handlers(self, line: Line) -> bool:
        """Tell whether handlers start tasks at ``line``."""
        name = line.runs or line.at.function
        if not line.runs:
            return name in self._functions
        # Of a function literal the name begins with that of the function around it.
        ends = (at for at, char in enumerate(name) if char == ".")
        return any(name[:at] in self._functions for at in ends)

    def of(self, tasks: Tasks) -> int | None:
        """Return the id of the request that ``tasks`` work for; None if that is not known."""
        return self._top(tasks.parent) if self._belong(tasks) else None

    @cached_property
    def held(self) -> Mapping[int, Counter[Line]]:
        """For each request that has tasks, how many it has of each line."""
        held: dict[int, Counter[Line]] = defaultdict(Counter)
        for tasks in self._family.tasks:
            request = self.of(tasks)
            if request is not None:
                held[request][tasks.line] += tasks.size
        return held

    def most_of(self, kinds: Iterable[int]) -> tuple[int, int]:
        """Return how many of ``kinds`` the same request has at most, and which that is."""
        counts: Counter[int] = Counter()
        for kind in kinds:
            for tasks in self._family.of(kind):
                request = self.of(tasks)
                if request is not None:
                    counts[request] += tasks.size
        return max(((count, id_) for id_, count in counts.items()), default=(0, 0))

    @cached_property
    def over(self) -> RequestsOver:
        """The requests that have more tasks than `BUDGET`."""
        totals = {id_: lines.total() for id_, lines in self.held.items()}
        over = [id_ for id_, total in totals.items() if total > BUDGET]
        over.sort(key=lambda id_: (-totals[id_], id_))
        worst = tuple(
            RequestTasks(id_, totals[id_], self._place(id_), id_ in self.gone)
            for id_ in over[:WORST_AT_MOST]
        )
        seen = self._family.served.total() + len(self.gone)
        return RequestsOver(BUDGET, seen, len(over), worst)

    def _place(self, request: int) -> Frame:
        """Return the line that has started most of the tasks of a request."""
        line = max(self.held[request].items(), key=lambda item: item[1])[0]
        maker = self._family.maker(request)
        return line.at if maker is None else maker.place_of(line)

    def _ended(self) -> Iterator[int]:
        """Yield the requests that have ended, and of which there are still tasks."""
        for line, makers in self._family.started.items():
            of_handlers = self.is_handlers(line) or self._some_serve(makers)
            several = len(makers) > 1
            for parent in makers:
                if parent in self._family.gone and (
                    of_handlers or (several and parent in self._known.serving)
                ):
                    yield parent

    def _some_serve(self, makers: Iterable[int]) -> bool:
        """Tell whether one of ``makers`` is there, and serves a request."""
        for id_ in makers:
            made = self._family.made_by(id_)
            if made is not None and self._family.serves(*made):
                return True
        return False

    def _belong(self, tasks: Tasks) -> bool:
        """Tell whether ``tasks`` are of whatever their maker works for."""
        bond = self._family.bond(tasks)
        if bond is not Bond.GONE:
            return bond is Bond.HELD
        few = self._family.started[tasks.line][tasks.parent] <= BUDGET
        return tasks.parent in self.gone and (few or self._family.is_burst(tasks))

    def _top(self, id_: int) -> int | None:
        """Return the request that somebody works for, step by step: it may be a million."""
        path: list[int] = []
        found: int | None = None
        while id_ not in self._request_of:
            # Who is in a circle works for nobody.
            self._request_of[id_] = None
            path.append(id_)
            above = self._above(id_)
            if above == id_:
                found = id_
            if above is None or above == id_:
                break
            id_ = above
        else:
            found = self._request_of[id_]
        self._request_of.update(dict.fromkeys(path, found))
        return found

    def _above(self, id_: int) -> int | None:
        """Return who made somebody to work for it; itself if it is a request; None: nobody."""
        made = self._family.made_by(id_)
        if made is None:
            return id_ if id_ in self.gone else None
        kind, parent = made
        if self._family.serves(kind, parent):
            return id_
        line = self._family.origins[kind].line
        if line is None or parent == id_ or not self._belong(Tasks(kind, parent, line, 1)):
            return None
        return parent


def serving_in(family: Family) -> Known:
    """Return what a list tells that helps to understand a later one."""
    ids: set[int] = set()
    for kind in family.served:
        ids.update(family.kinds[kind].ids)
    return Known(frozenset(ids), _functions_of_handlers(family))


def _functions_of_handlers(family: Family) -> frozenset[str]:
    found: set[str] = set()
    for kind in family.served:
        found |= family.origins[kind].functions
    return frozenset(found)
