"""The resources of one snapshot: each described once, however many tasks wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from weakref import ref

from snowshed.model import Resource
from snowshed.observe._snapshot._described import Descriptions

if TYPE_CHECKING:
    from snowshed.observe._snapshot._described import Described


def holding(thing: Any) -> Callable[[], Any]:
    """Return a weak reference to ``thing``; a strong one where there can be no other.

    Weak, because whoever drops the last reference runs finalizers, and that is the loop's affair.
    """
    try:
        return ref(thing)
    except TypeError:
        return lambda: thing


class Entry:
    """One resource.

    Attributes:
        number: the `Resource.id`.
        seen: tasks of this snapshot that wait for it.
        holders: ids of the tasks that hold it.
    """

    __slots__ = ("_held", "_kind", "_resource", "_text", "_waiting", "holders", "number", "seen")

    def __init__(self, number: int, thing: object, described: Described) -> None:
        self.number = number
        self._kind, self._text, self._waiting = described.kind, described.text, described.waiting
        # By id: a snapshot must not keep tasks alive.
        self.holders = tuple(map(id, described.holders))
        self.seen = 0
        self._held = holding(thing)
        self._resource: Resource | None = None

    def is_of(self, thing: object) -> bool:
        """Tell whether this is the entry of ``thing``, not of what was at its address before."""
        return self._held() is thing

    def resource(self) -> Resource:
        """Return what the snapshot shows; the number of waiters must not grow any more."""
        if self._resource is None:
            waiters = max(self.seen, self._waiting)
            self._resource = Resource(self.number, self._kind, self._text, waiters)
        return self._resource


class Sharing:
    """Finds the entry of a resource, or makes it."""

    def __init__(self) -> None:
        self._descriptions = Descriptions()
        self._entries: dict[int, Entry] = {}
        self._count = 0

    def entry(self, thing: object) -> Entry:
        """Return the entry of ``thing``, and count one more that waits for it."""
        entry = self._entries.get(id(thing))
        if entry is None or not entry.is_of(thing):
            self._count += 1
            entry = Entry(self._count, thing, self._descriptions.of(thing))
            self._entries[id(thing)] = entry
        entry.seen += 1
        return entry

    def holders(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield the number of each resource whose holders are known, and their ids."""
        for entry in self._entries.values():
            if entry.holders:
                yield entry.number, entry.holders
