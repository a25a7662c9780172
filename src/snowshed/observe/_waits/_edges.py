"""Snapshots as a graph of small numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import accumulate
from operator import sub
from typing import TYPE_CHECKING, TypeAlias

from snowshed.model import TaskState

if TYPE_CHECKING:
    from snowshed.model import TaskSnapshot
    from snowshed.observe._waits._result import Node

# Called now and then in each long loop, so that whoever waits for the interpreter can have it.
Pause: TypeAlias = Callable[[], None]
# So many rounds of a loop, about a fifth of a millisecond, may go by between two such calls.
ROUNDS = 127


class Edges:
    """For each node those that it points at.

    They stand one after the other in one list. A list for each node would be a hundred thousand
    lists, and so many new objects have the garbage collector look through the whole process.

    Attributes:
        flat: what node 0 points at, then what node 1 does, and so on.
        starts: where in it those of each node begin; one more at the end.
    """

    __slots__ = ("flat", "starts")

    def __init__(self, flat: list[int] | None = None, starts: list[int] | None = None) -> None:
        self.flat: list[int] = [] if flat is None else flat
        self.starts: list[int] = [0] if starts is None else starts

    def add(self, targets: Iterable[int]) -> None:
        """Add a node that points at these."""
        self.flat.extend(targets)
        self.starts.append(len(self.flat))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, node: int) -> list[int]:
        return self.flat[self.starts[node] : self.starts[node + 1]]

    def count(self, node: int) -> int:
        """Return at how many the node points."""
        return self.starts[node + 1] - self.starts[node]

    def counts(self) -> list[int]:
        """Return for each node at how many it points."""
        return list(map(sub, self.starts[1:], self.starts))

    def reversed(self, pause: Pause) -> Edges:
        """Return for each node those that point at it, in order."""
        counts = [0] * (len(self) + 1)
        for target in self.flat:
            counts[target + 1] += 1
        starts = list(accumulate(counts))
        free = list(starts)
        flat = [0] * len(self.flat)
        for node in range(len(self)):
            if not node & ROUNDS:
                pause()
            for target in self[node]:
                flat[free[target]] = node
                free[target] += 1
        return Edges(flat, starts)


class Nodes:
    """The tasks, then the resources, and which of them waits for which.

    A resource waits for the tasks that hold it.

    Attributes:
        nodes: what each number stands for.
        seen: the tasks alone.
        tasks: so many of the nodes, the first ones, are tasks.
        nexts: what each node waits for.
        partly: tasks that may go on though what they wait for does not.
    """

    def __init__(
        self,
        snapshots: Iterable[TaskSnapshot],
        holders: Mapping[int, Collection[int]],
        pause: Pause,
    ) -> None:
        self._numbers: dict[int, int] = {}
        self.seen: list[TaskSnapshot] = []
        for task in snapshots:
            # Compared one by one: to hash a member of an enumeration costs a call.
            ended = task.state is TaskState.DONE or task.state is TaskState.UNRETRIEVED
            if not ended and task.id not in self._numbers:
                self._numbers[task.id] = len(self.seen)
                self.seen.append(task)
                if not len(self.seen) & ROUNDS:
                    pause()
        self.tasks = len(self.seen)
        self.nodes: list[Node] = [*self.seen]
        self.nexts = Edges()
        self.partly: list[int] = []
        resources: dict[int, int] = {}
        for number, task in enumerate(self.seen):
            if not number & ROUNDS:
                pause()
            self.nexts.add(self._awaited_by(task, resources))
            if task.partly:
                self.partly.append(number)
        for resource in resources:
            self.nexts.add(self._known(holders.get(resource, ())))

    def _awaited_by(self, task: TaskSnapshot, resources: dict[int, int]) -> Collection[int]:
        found = self._known(task.awaits) if task.awaits else ()
        if task.resource is None:
            return found
        place = resources.get(task.resource.id)
        if place is None:
            place = resources[task.resource.id] = len(self.nodes)
            self.nodes.append(task.resource)
        return (*found, place)

    def _known(self, ids: Collection[int]) -> Collection[int]:
        numbers = self._numbers
        return dict.fromkeys(numbers[each] for each in ids if each in numbers)
