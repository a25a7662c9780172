"""One operation on a channel, described so that a `select` may choose it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from snowshed.core._channel._waiters import Nothing, Turn, Waiter

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Clause(Generic[T_co]):
    """One operation that a `select` may choose: made by ``on_receive()`` and ``on_send(element)``.

    It describes the operation and holds no state, so one clause may serve in many selects. The
    attributes are for `select`; anything that offers them can take part in one.

    Attributes:
        must_rest: tells whether the loop should have a turn before one more operation.
        attempt: does the operation if that is possible now, else changes nothing and returns
            NOTHING.
        park: stands in line, to be woken by a turn.
        leave: leaves the line, and undoes what was done for the waiter where it can be undone.
        finish: returns the outcome for a waiter that was woken, or raises.
    """

    must_rest: Callable[[], bool]
    attempt: Callable[[], T_co | Nothing]
    park: Callable[[Turn], Waiter[Any]]
    leave: Callable[[Waiter[Any]], None]
    finish: Callable[[Waiter[Any]], T_co]
