"""From snapshots to what they tell about each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from snowshed.model import Resource, TaskSnapshot
from snowshed.observe._waits._edges import ROUNDS, Nodes, Pause
from snowshed.observe._waits._flow import Flow
from snowshed.observe._waits._knots import Knots, ring
from snowshed.observe._waits._place import place_of
from snowshed.observe._waits._result import ENDS_SHOWN, Cascade, Deadlock, Step
from snowshed.observe._waits._suspects import HAS_HOLDERS, suspects
from snowshed.observe._waits._text import lines_of

T = TypeVar("T")

# A head that holds up fewer tasks is told of together with its like.
_ALONE_FROM = 10
_ALONE_AT_MOST = 64
# Each costs at most a walk over the whole graph, so their number bounds the whole cost.
_LOOKED_AT_AT_MOST = 32


@dataclass(frozen=True, slots=True)
class WaitGraph:
    """Who waits for whom at one moment.

    Attributes:
        tasks: tasks that were looked at, without those that have ended.
        waiting: tasks that wait for another task or for a resource.
        cascades: the worst first: those that make most tasks wait for fewest heads.
        deadlocks: the largest first.
        heads_left_out: heads of the cascades that are not told of, having fewer behind them.
        deadlocks_left_out: deadlocks that are not told of.

    ``str`` of it is the text for a terminal.
    """

    tasks: int
    waiting: int
    cascades: tuple[Cascade, ...]
    deadlocks: tuple[Deadlock, ...]
    heads_left_out: int = 0
    deadlocks_left_out: int = 0

    @classmethod
    def of(
        cls,
        snapshots: Iterable[TaskSnapshot],
        *,
        holders: Mapping[int, Collection[int]] | None = None,
        top: int = 10,
        pause: Callable[[], None] | None = None,
    ) -> WaitGraph:
        """Find who holds up whom.

        Args:
            snapshots: the tasks of one look. Those that have ended hold up nobody.
            holders: for resources whose holders are known, by id, the ids of the tasks that hold
                them. One of several is enough to free the resource. `asyncio.Lock` keeps none: what
                waits behind one is a cascade with the lock as its head.
            top: how many cascades, and how many deadlocks, to tell of.
            pause: called about every fifth of a millisecond, for a thread beside a loop that wants
                to let the loop run; None: nothing is.

        A task waits for all that it awaits, as with `asyncio.gather`, unless its snapshot says that
        its wait may end before, as with ``asyncio.wait(..., return_when=FIRST_COMPLETED)`` or in
        `asyncio.wait_for`: then it is in no deadlock.

        Pure, but for ``pause``. Cost: O(tasks + waits), and nothing recurses. Of 100,000 tasks each
        took 6 us behind one lock, 8 us in one chain, 16 us in one ring, and 2 us if it waits for
        nobody, on a machine that had other things to do; 50 us in a long chain behind forty heads.
        """
        pause = pause or _go_on
        nodes = Nodes(snapshots, holders or {}, pause)
        found = _Search(nodes, pause)
        deadlocks = sorted(found.deadlocks(), key=lambda each: -each.tasks - each.behind)
        cascades, left_out = found.cascades(top)
        return cls(
            nodes.tasks,
            nodes.tasks - nodes.nexts.counts()[: nodes.tasks].count(0),
            tuple(cascades),
            tuple(deadlocks[:top]),
            left_out,
            len(deadlocks[top:]),
        )

    def __str__(self) -> str:
        return "\n".join(lines_of(self))


def _go_on() -> None:
    """Do not pause."""


class _Search:
    def __init__(self, nodes: Nodes, pause: Pause) -> None:
        self._nodes = nodes
        self._pause = pause
        self._behind = nodes.nexts.reversed(pause)
        self._knots = Knots(nodes, self._behind, pause)
        self._flow = Flow(nodes.nexts, self._behind, nodes.tasks, self._knots.loops, pause)

    def deadlocks(self) -> Iterator[Deadlock]:
        flow = self._flow
        for group in self._knots.deadlocks:
            loop = flow.stands_in[group[0]]
            tasks = sum(node < self._nodes.tasks for node in group)
            # The loop may be larger than the deadlock, by what leads to it and is led to by it.
            behind = flow.count_behind([loop]) + flow.weights[loop] - tasks
            shown, skipped = _ends([self._node(each) for each in ring(self._nodes.nexts, group)])
            yield Deadlock(tasks, behind, shown, skipped)

    def cascades(self, top: int) -> tuple[list[Cascade], int]:
        """Return the worst, and how many heads are in none of them."""
        bounds = self._flow.ceilings()
        groups = self._groups(bounds)
        found: list[tuple[int, int, list[int]]] = []
        for bound, heads in groups[:_LOOKED_AT_AT_MOST]:
            least = sorted((each[0] for each in found), reverse=True)[top - 1 : top]
            if least and least[0] >= bound:
                break
            behind = self._flow.count_behind(heads)
            found.append((behind - len(heads), behind, heads))
        found.sort(key=lambda each: each[:2], reverse=True)
        # Locks that are alike may be held in the same function, each by another task.
        alone = [heads[0] for _, _, heads in found[:top] if len(heads) == 1]
        locks = [head for head in alone if self._is_held(head)]
        holding = suspects(self._nodes, locks, self._behind, self._pause)
        told = [
            self._cascade(heads, behind, holding.get(heads[0], ()))
            for _, behind, heads in found[:top]
        ]
        left_out = sum(len(heads) for _, heads in groups) - sum(each.heads for each in told)
        return told, left_out

    def _groups(self, bounds: Sequence[int]) -> list[tuple[int, list[int]]]:
        """Return heads that are alike, the largest first, with a bound on how bad they are."""
        flow, all_tasks = self._flow, self._nodes.tasks
        waits, waiters = flow.nexts.counts(), flow.behind.counts()
        behind = {
            node: bounds[node] - flow.weights[node]
            for node, count in enumerate(waiters)
            if count and not waits[node] and node not in flow.stands_in
        }
        alike: dict[object, list[int]] = {}
        alone = 0
        for number, head in enumerate(sorted(behind, key=lambda each: -behind[each])):
            if not number & ROUNDS:
                self._pause()
            like = self._shape(head)
            if behind[head] >= _ALONE_FROM:
                held = self._held_with_others(head)
                if held is not None:
                    like = held, like
                elif alone < _ALONE_AT_MOST:
                    alone += 1
                    like = head
            alike.setdefault(like, []).append(head)
        groups = [
            (min(sum(behind[head] for head in heads), all_tasks) - len(heads), heads)
            for heads in alike.values()
        ]
        return sorted(groups, key=lambda group: -group[0])

    def _shape(self, head: int) -> object:
        """Return what heads that are alike have in common."""
        node = self._node(head)
        if not isinstance(node, Resource):
            return node.state, node.function, place_of(node)
        first = self._node(self._behind[head][0])
        return node.kind, None if isinstance(first, Resource) else place_of(first)

    def _held_with_others(self, head: int) -> int | None:
        """Return what the head holds one of several places of, if all that it holds up wait there.

        Forty holders of a limiter hold up the same tasks: told of one by one they are forty lines.
        """
        waiters = self._behind[head]
        of_resource = len(waiters) == 1 and waiters[0] >= self._nodes.tasks
        return waiters[0] if of_resource and self._nodes.nexts.count(waiters[0]) > 1 else None

    def _is_held(self, head: int) -> bool:
        node = self._node(head)
        return isinstance(node, Resource) and HAS_HOLDERS.search(node.kind) is not None

    def _cascade(self, heads: list[int], behind: int, holding: Sequence[TaskSnapshot]) -> Cascade:
        chain = self._flow.longest_chain(heads[0])
        steps, skipped = _ends([Step(self._node(each), len(self._behind[each])) for each in chain])
        return Cascade(
            head=self._node(heads[0]),
            heads=len(heads),
            behind=behind,
            depth=len(chain) - 1,
            chain=steps,
            skipped=skipped,
            suspects=len(holding),
            suspect=holding[0] if holding else None,
        )

    def _node(self, number: int) -> TaskSnapshot | Resource:
        return self._nodes.nodes[number]


def _ends(whole: Sequence[T]) -> tuple[tuple[T, ...], int]:
    """Return both ends of a long sequence and the number of those between."""
    first, last = ENDS_SHOWN
    if len(whole) <= first + last:
        return tuple(whole), 0
    return (*whole[:first], *whole[-last:]), len(whole) - first - last
