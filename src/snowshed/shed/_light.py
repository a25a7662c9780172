"""What was agreed with one request: whether it answers lightly, and whether it has.

A request that was charged for a light answer has to give one, also if the service has become calm
before it comes to the place that decides. Else it takes ten times what it was let in for, and the
calm is over. And whoever sends the response wants to know whether a part of it was light, whatever
task of the request made that part.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.core._hooks import Level

__all__ = ["LIGHT_MARK", "LightMark", "marking_light"]


class LightMark:
    """One request's.

    Args:
        level: that it was let in with: with ``light``, every level that it reads is at least that,
            as long as anything measures the pressure on the service.

    Attributes:
        count: light answers that were given for it so far.
    """

    __slots__ = ("count", "level")

    def __init__(self, level: Level = "normal") -> None:
        self.level = level
        self.count = 0

    def __repr__(self) -> str:
        return f"<LightMark {self.level}, {self.count} light answers>"


LIGHT_MARK: ContextVar[LightMark | None] = ContextVar("snowshed_light_mark", default=None)
"""The mark of the request in whose context the code runs; None outside of requests."""


@contextmanager
def marking_light(mark: LightMark) -> Iterator[LightMark]:
    """Make ``mark`` that of this context, and of the tasks and threads that start in it."""
    token = LIGHT_MARK.set(mark)
    try:
        yield mark
    finally:
        LIGHT_MARK.reset(token)
