"""Operations that wait at a channel until somebody else completes them.

A `Waiter` is one operation of one task; a `WaitLine` is the queue in which it stands. It is not a
`WaitQueue` of amounts: a waiter brings an element, and a `select` stands in several lines with
waiters that share *one* future. The first to set that future's result wins, every other waiter of
the select is dead from that instant, and atomicity needs no lock and no second phase.

A future is also done from the instant its task is *cancelled*, before that task runs and can leave
its line. Whoever picks a waiter therefore passes over the dead; nobody counts on one being alive.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from enum import Enum
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

T = TypeVar("T")


class _Nothing(Enum):
    """Says "no element", where None and every other value may be an element."""

    NOTHING = "nothing"


Nothing: TypeAlias = Literal[_Nothing.NOTHING]
NOTHING: Final = _Nothing.NOTHING

# What a waiting task awaits: the waiter that won, or None when its time was over first.
Turn: TypeAlias = "asyncio.Future[Waiter[Any] | None]"


class Waiter(Generic[T]):
    """One operation that waits.

    Attributes:
        turn: what the task awaits; shared by all waiters of one `select`.
        element: what a sender offers; unset for a receiver.
        owner: the handle through which the task came, woken when that handle is closed.
        granted: None while it waits, True once its operation was completed for it, False when it
            was woken because the operation cannot be completed any more.
    """

    __slots__ = ("element", "granted", "owner", "turn")

    element: T

    def __init__(self, turn: Turn, owner: object) -> None:
        self.turn = turn
        self.owner = owner
        self.granted: bool | None = None

    def wake(self, *, granted: bool) -> None:
        """Let the task run again."""
        self.granted = granted
        self.turn.set_result(self)


class WaitLine(OrderedDict[Waiter[T], None]):
    """Waiters in the order of their arrival; leaving from the middle is as cheap as from the end.

    A subclass of the ordered dictionary, so that asking whether it is empty, a part of every
    operation, stays in C. In a deque the cancellation of n waiting tasks would cost n squared.
    """

    __slots__ = ()

    def first(self) -> Waiter[T] | None:
        """Return the first live waiter, and forget the dead ones before it."""
        while self:
            waiter = next(iter(self))
            if not waiter.turn.done():
                return waiter
            del self[waiter]
        return None

    def has_other_than(self, turn: Turn) -> bool:
        """Tell whether a live waiter stands here that does not share ``turn``."""
        return any(waiter.turn is not turn and not waiter.turn.done() for waiter in self)

    def live(self) -> list[Waiter[T]]:
        """Return the waiters whose operation is still open."""
        return [waiter for waiter in self if not waiter.turn.done()]
