"""Who may hold a lock that does not know it.

`asyncio.Lock` keeps no owner. But nearly all code takes a lock and uses it in one function, with
``async with``. So while some wait at the line that takes it, whoever has it stands further on in
the same function, and that shows on its stack.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from snowshed.observe._waits._edges import ROUNDS
from snowshed.observe._waits._place import place_of

if TYPE_CHECKING:
    from snowshed.model import Frame, TaskSnapshot
    from snowshed.observe._waits._edges import Edges, Nodes, Pause

# Kinds of which somebody has what the others wait for; an event or a queue nobody holds.
HAS_HOLDERS = re.compile("Lock|Semaphore")
_WAITERS_LOOKED_AT = 100
# File and function, and the lines on which somebody waits there, by the number of the lock.
_Places: TypeAlias = dict[tuple[str, str], dict[int, set[int]]]


def suspects(
    graph: Nodes, heads: Collection[int], behind: Edges, pause: Pause
) -> Mapping[int, list[TaskSnapshot]]:
    """Return for each head the tasks that may hold it.

    Args:
        graph: all nodes.
        heads: numbers of locks and semaphores.
        behind: who waits for each node.
        pause: called now and then.

    Cost: O(tasks + frames of different stacks), about 0.2 us for each task.
    """
    places: _Places = {}
    for head in heads:
        for waiter in behind[head][:_WAITERS_LOOKED_AT]:
            frame = place_of(graph.seen[waiter])  # only tasks wait for resources
            at = places.setdefault((frame.file, frame.function), {})
            at.setdefault(head, set()).add(frame.line)
    found: dict[int, list[TaskSnapshot]] = {head: [] for head in heads}
    # Tasks share their stacks.
    known: dict[int, Collection[int]] = {}
    for number, task in enumerate(graph.seen if places else ()):
        if not number & ROUNDS:
            pause()
        stack = task.stack
        heads_used = known.get(id(stack))
        if heads_used is None:
            heads_used = known[id(stack)] = _used_by(stack, places)
        for head in heads_used:
            if head not in graph.nexts[number]:
                found[head].append(task)
    return found


def _used_by(stack: Iterable[Frame], places: _Places) -> Collection[int]:
    found: set[int] = set()
    for frame in stack:
        for head, lines in places.get((frame.file, frame.function), {}).items():
            if frame.line not in lines:
                found.add(head)
    return found
