"""What the graph of waits tells: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from snowshed.model import Resource, TaskSnapshot

Node: TypeAlias = TaskSnapshot | Resource

# Of a long chain or ring, so many nodes at its beginning and at its end.
ENDS_SHOWN = 5, 3


@dataclass(frozen=True, slots=True)
class Step:
    """One stop on a chain of waits.

    Attributes:
        node: a task, or a resource that tasks share.
        waiters: nodes that wait for this one directly.
    """

    node: Node
    waiters: int


@dataclass(frozen=True, slots=True)
class Cascade:
    """Tasks that all wait, directly or through others, for one thing.

    Heads that are alike, and hold up few each, are one cascade: a thousand requests that each wait
    for their own reply differ in nothing that helps. So are heads that are alike and hold places of
    the same pool or limiter: they hold up the same tasks.

    Attributes:
        head: what the others wait for: a task that waits for no other task, or a resource of which
            nobody is known to be the holder.
        heads: how many heads are told of here; ``head`` is the one that holds up most.
        behind: tasks that wait for any of the heads, each counted once.
        depth: waits on the longest chain behind ``head``, from a task to a task or a resource.
        chain: that chain, the head first; its ends only if it is long.
        skipped: steps that ``chain`` leaves out.
        suspects: if ``head`` is a lock or a semaphore: tasks that may hold it, as they stand in the
            function in which others wait for it, on another line.
        suspect: the first of them; None if there are none.
    """

    head: Node
    heads: int
    behind: int
    depth: int
    chain: tuple[Step, ...]
    skipped: int
    suspects: int = 0
    suspect: TaskSnapshot | None = None


@dataclass(frozen=True, slots=True)
class Deadlock:
    """Tasks that wait, through others, for themselves.

    Attributes:
        tasks: how many of them there are.
        behind: tasks that wait for them without being of them.
        ring: one way around, the shortest through its first node: each waits for the next, and the
            last for the first; the two ends only if it is long.
        skipped: nodes that ``ring`` leaves out.
    """

    tasks: int
    behind: int
    ring: tuple[Node, ...]
    skipped: int

    @property
    def of_tasks_only(self) -> bool:
        """Whether it is a cycle of awaits; else it goes through something that a task holds."""
        return not any(isinstance(node, Resource) for node in self.ring)
