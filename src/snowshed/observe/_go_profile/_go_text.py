"""Tasks and profiles in the words of Go's text dumps, for people and for what reads those.

``debug=2`` has a block for each task. Its header holds what Go has there, the state and the
minutes, and in braces what Go has no place for. The minutes are the age of the task: since when it
waits nobody has noted. ``debug=1`` has a block for each stack, the most frequent first.

How a text is written is up to `snowshed.formats.goroutines`; here is what it says of tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from snowshed.formats.goroutines import write_debug1, write_debug2
from snowshed.model import Goroutine, Profile, TaskSnapshot, TaskState
from snowshed.observe._go_profile._go_profile import ENDED, loop_of, wait_of
from snowshed.observe._go_profile._names import Names
from snowshed.observe._polite import politely

__all__ = ["contentions", "counts", "stacks"]

# As in Go: so many frames at either end of a stack.
_ENDS = 50


def stacks(tasks: Iterable[TaskSnapshot]) -> bytes:
    """Return each task with its stack, as ``goroutine?debug=2``: what runs comes first.

    Cost: about 50 us for each task. For a thread beside the loop: it lets the loop in between.
    """
    bodies = _Bodies()
    blocks = {True: list[bytes](), False: list[bytes]()}
    for task in politely(tasks):
        if task.state not in ENDED:
            block = _bytes(_header(task)) + bodies.of(task)
            blocks[task.state is TaskState.RUNNING].append(block)
    return b"\n".join(chain(blocks[True], blocks[False]))


def _header(task: TaskSnapshot) -> str:
    minutes = int((task.age or 0.0) // 60) if wait_of(task.state) else 0
    labels = tuple(pair for pair in _labels(task) if pair[1])
    return write_debug2([Goroutine(task.id, str(task.state), (), minutes=minutes, labels=labels)])


class _Bodies:
    """What stands below the headers: the same for thousands of tasks, and written once."""

    def __init__(self) -> None:
        self._names = Names()
        # By place in memory; what lies there is kept alive here.
        self._known: dict[tuple[int, int], tuple[TaskSnapshot, bytes]] = {}

    def of(self, task: TaskSnapshot) -> bytes:
        key = id(task.stack), id(task.created_at)
        known = self._known.get(key)
        if known is None:
            text = write_debug2([self._goroutine(task)]).partition("\n")[2]
            known = self._known[key] = task, _bytes(text)
        return known[1]

    def _goroutine(self, task: TaskSnapshot) -> Goroutine:
        stack = self._names.of_stack(task.stack)
        elided = max(len(stack) - 2 * _ENDS, 0)
        if elided:
            stack = stack[:_ENDS] + stack[-_ENDS:]
        creator = None if task.created_at is None else self._names.of(task.created_at)
        return Goroutine(0, "", stack, created_by=creator, elided=elided, elided_at=_ENDS)


def _labels(task: TaskSnapshot) -> Iterator[tuple[str, str]]:
    """Yield what is worth knowing of a task, by name, in the order of the names as in Go."""
    yield "awaits", " ".join(map(str, task.awaits))
    yield "kind", task.kind
    yield "loop", loop_of(task)
    yield "name", task.name
    yield "owner", task.owner
    yield "request", task.request
    yield "resource", "" if task.resource is None else task.resource.text or task.resource.kind
    yield "scope", task.scope


def counts(profile: Profile) -> bytes:
    """Return how many are at which place, as ``goroutine?debug=1``."""
    return _bytes(write_debug1(profile))


def contentions(profile: Profile) -> bytes:
    """Return how long was waited at which place, as ``block?debug=1``: a cycle is a nanosecond."""
    parts = [b"--- contention:\ncycles/second=1000000000\n"]
    for sample in politely(sorted(profile.samples, key=lambda sample: -sample.values[1])):
        # Go has the time in front of what it writes for other profiles.
        alone = Profile(profile.sample_types, (sample,))
        group = write_debug1(alone).partition("\n")[2]
        parts.append(_bytes(f"{sample.values[1]} {group}"))
    return b"".join(parts)


def _bytes(text: str) -> bytes:
    return text.encode(errors="backslashreplace")
