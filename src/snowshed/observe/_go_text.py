"""Tasks and profiles in the words of Go's text dumps, for people and for what reads those.

``debug=2`` has a block for each task. Its header holds what Go has there, the state and the
minutes, and in braces what Go has no place for. The minutes are the age of the task: since when it
waits nobody has noted. ``debug=1`` has a block for each stack, the most frequent first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from snowshed.formats._pprof import address_of
from snowshed.model import TaskSnapshot, TaskState
from snowshed.observe._go_profile import ENDED, wait_of
from snowshed.observe._names import Names
from snowshed.observe._polite import politely

if TYPE_CHECKING:
    from snowshed.model import Profile, Sample, Stack

__all__ = ["contentions", "counts", "stacks"]

# As in Go: so many frames at either end of a stack.
_ENDS = 50
_PLAIN = re.compile("[A-Za-z0-9./_]+", re.ASCII)
_quote = json.JSONEncoder(ensure_ascii=False).encode


def stacks(tasks: Iterable[TaskSnapshot]) -> bytes:
    """Return each task with its stack, as ``goroutine?debug=2``: what runs comes first.

    Cost: about 10 us for each task. For a thread beside the loop: it lets the loop in between.
    """
    bodies = _Bodies()
    blocks = {True: list[bytes](), False: list[bytes]()}
    for task in politely(tasks):
        if task.state not in ENDED:
            block = _bytes(f"{_header(task)}\n") + bodies.of(task)
            blocks[task.state is TaskState.RUNNING].append(block)
    return b"\n".join(chain(blocks[True], blocks[False]))


def _header(task: TaskSnapshot) -> str:
    minutes = int((task.age or 0.0) // 60)
    since = f", {minutes} minutes" if minutes and wait_of(task.state) else ""
    labels = ", ".join(f"{name}: {_quoted(value)}" for name, value in _labels(task) if value)
    return f"goroutine {task.id} [{task.state}{since}]{f' {{{labels}}}' if labels else ''}:"


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
            text = "".join(f"{line}\n" for line in self._lines(task))
            known = self._known[key] = task, _bytes(text)
        return known[1]

    def _lines(self, task: TaskSnapshot) -> Iterator[str]:
        stack = self._names.of_stack(task.stack)
        middle = len(stack) - 2 * _ENDS
        for place, frame in enumerate(stack):
            if middle > 0 and place == _ENDS:
                yield f"...{middle} frames elided..."
            if middle <= 0 or not _ENDS <= place < len(stack) - _ENDS:
                yield f"{frame.function}(...)"
                yield f"\t{frame.file}:{frame.line}"
        if task.created_at is not None:
            creator = self._names.of(task.created_at)
            yield f"created by {creator.function}"
            yield f"\t{creator.file}:{creator.line} +0x0"


def _labels(task: TaskSnapshot) -> Iterator[tuple[str, str]]:
    """Yield what is worth knowing of a task, by name, in the order of the names as in Go."""
    yield "awaits", " ".join(map(str, task.awaits))
    yield "kind", task.kind
    yield "loop", str(task.loop) if task.loop else ""
    yield "name", task.name
    yield "owner", task.owner
    yield "request", task.request
    yield "resource", "" if task.resource is None else task.resource.text or task.resource.kind
    yield "scope", task.scope


def _quoted(text: str) -> str:
    """Return ``text`` in the quotes of Go if it has anything but letters, digits, ``.``, ``/``."""
    return text if _PLAIN.fullmatch(text) else _quote(text)


def counts(profile: Profile, name: str = "goroutine") -> bytes:
    """Return how many are at which place, as ``goroutine?debug=1``."""
    total = sum(sample.values[0] for sample in profile.samples)
    ordered = sorted(profile.samples, key=lambda sample: -sample.values[0])
    heads = ((f"{sample.values[0]} @", sample) for sample in ordered)
    return _grouped(f"{name} profile: total {total}", heads)


def contentions(profile: Profile) -> bytes:
    """Return how long was waited at which place, as ``block?debug=1``: a cycle is a nanosecond."""
    ordered = sorted(profile.samples, key=lambda sample: -sample.values[1])
    heads = ((f"{sample.values[1]} {sample.values[0]} @", sample) for sample in ordered)
    return _grouped("--- contention:\ncycles/second=1000000000", heads)


def _grouped(title: str, samples: Iterable[tuple[str, Sample]]) -> bytes:
    parts = [f"{title}\n".encode()]
    for head, sample in politely(samples):
        parts.append(_bytes("\n".join(_group(head, sample))))
    return b"".join(parts)


def _group(head: str, sample: Sample) -> Iterator[str]:
    addresses = _addresses(sample.stack)
    yield " ".join((head, *addresses))
    if sample.labels:
        labels = (f"{json.dumps(name)}:{json.dumps(str(value))}" for name, value in sample.labels)
        yield f"# labels: {{{', '.join(labels)}}}"
    for address, frame in zip(addresses, sample.stack, strict=True):
        yield f"#\t{address}\t{frame.function}+0x0\t{frame.file}:{frame.line}"
    yield "\n"


def _addresses(stack: Stack) -> list[str]:
    return [f"{address_of(frame):#x}" for frame in stack]


def _bytes(text: str) -> bytes:
    return text.encode(errors="backslashreplace")
