"""Who asked for a task: handed in by whoever can judge frames, so that this layer need not."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import asyncio


class Origin(NamedTuple):
    """Who asked for a task.

    Attributes:
        owner: whose work it is: ``user``, ``infrastructure``, ``driver``, ``helper``.
        code: what contains the line that asked; None if not even the coroutine tells.
        offset: of the instruction; -1 if no line asked, and ``code`` is what the task runs.
    """

    owner: str
    code: CodeType | None
    offset: int


# Judges by the frame from which to look up, the coroutine, and the loop.
Judge: TypeAlias = "Callable[[FrameType | None, object, asyncio.AbstractEventLoop], Origin]"
