"""What happens in a function while it holds locks, and what its callers are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from snowshed.lint._go import _nodes as n
    from snowshed.lint._go._flow import Point
    from snowshed.lint._go._held import State
    from snowshed.lint._go._place import Place
    from snowshed.lint._go._scope import Variable

__all__ = ["Event", "Given", "HeldLock", "Key", "Summary", "Taken", "Waited"]

Key = tuple[object, ...]
"""A class of locks."""


class HeldLock(NamedTuple):
    """A lock that is held.

    Attributes:
        lock: the lock, as the one who looks names it.
        mode: how.
        by: where it was taken.
        key: its class.
    """

    lock: Place
    mode: str
    by: n.Node
    key: Key


# Not frozen: to make one would take three times as long, and there are tens of thousands.
@dataclass(slots=True, unsafe_hash=True)
class Taken:
    """That a lock is taken; the nearest place stands for all that take it so.

    Attributes:
        lock: the lock, as the function of the summary names it; None if it cannot.
        key: its class.
        mode: how.
        node: where.
        chain: the calls that lead there, the outermost first.
        released: locks of the caller that are released while it is taken.
        under: classes of the locks that those on the way hold then.
        is_sure: whether each call on the way is known to call this.
    """

    lock: Place | None
    key: Key
    mode: str
    node: n.Call = field(compare=False)
    chain: tuple[n.Call, ...] = field(default=(), compare=False)
    released: frozenset[Place] = field(default=frozenset(), compare=False)
    under: frozenset[Key] = field(default=frozenset(), compare=False)
    is_sure: bool = field(default=True, compare=False)


@dataclass(slots=True, unsafe_hash=True)
class Waited:
    """That another goroutine is waited for.

    Attributes:
        node: the send, receive, select, range or call.
        chain: the calls that lead there, the outermost first.
        released: locks of the caller that are released meanwhile.
    """

    node: n.Node
    chain: tuple[n.Call, ...] = field(default=(), compare=False)
    released: frozenset[Place] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Given:
    """That a function which was given is called.

    Attributes:
        parameter: by which it was given.
        holds: what is held then, with where it was taken.
        released: locks of the caller that are released then.
    """

    parameter: Variable
    holds: frozenset[HeldLock] = frozenset()
    released: frozenset[Place] = frozenset()


@dataclass(frozen=True)
class Summary:
    """What a function does to locks.

    Attributes:
        taken: the locks that it takes.
        waited: what it waits for.
        given: which of its parameters it calls.
        holds: what it took and leaves held, at each return.
        releases: what it releases of its caller's at some return.
        frees: what it releases without having taken it, also if it takes it again.
        drops: classes of all locks that it releases without having taken them.
        events: what happens in it while a lock is held.
        before: what holds before each of its points; empty if it never holds anything.
    """

    taken: frozenset[Taken] = frozenset()
    waited: frozenset[Waited] = frozenset()
    given: frozenset[Given] = frozenset()
    holds: frozenset[tuple[Place, str]] = frozenset()
    releases: frozenset[Place] = frozenset()
    frees: frozenset[Place] = frozenset()
    drops: frozenset[Key] = field(default=frozenset(), compare=False)
    events: tuple[Event, ...] = field(default=(), compare=False, repr=False)
    before: Mapping[Point, State] = field(default_factory=dict, compare=False, repr=False)

    @property
    def changes(self) -> bool:
        """Whether its caller holds other locks after it than before."""
        return bool(self.holds or self.releases)


class Event(NamedTuple):
    """Something that happens in a function while it holds locks.

    Attributes:
        what: a lock that is taken, or a wait, here or in a function that is called.
        state: what this function holds then.
        held: the same, and what functions hold that call back.
        call: the call of this function by which it happens; None if it is here.
    """

    what: Taken | Waited
    state: State
    held: tuple[HeldLock, ...]
    call: n.Call | None = None
