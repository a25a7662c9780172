"""The tasks that ended last, and why.

When a service misbehaves, the tasks that are *gone* tell as much as those that are there: a hundred
cancelled by an expired deadline, or failed with the same error. asyncio forgets a task with its
last reference, so what is worth telling is noted when the end is first seen.

Nothing of a task is kept but words: no reference to it, its result or its exception. The message
of an exception is not kept either; it may hold what nobody wants in a dump.
"""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from snowshed.core._read import read
from snowshed.observe._registry._makers import code_of

if TYPE_CHECKING:
    from snowshed.model import Frame

KEPT = 1000
MESSAGE_AT_MOST = 200
_ASYNCIO = str(Path(asyncio.__file__).parent)
# The base methods, as in `_live`.
name_of = asyncio.Task.get_name
_was_cancelled = asyncio.Task.cancelled


@dataclass(frozen=True, slots=True)
class EndedTask:
    """A task that has ended.

    Attributes:
        name: as its maker called it.
        function: the function that it ran.
        created_at: the line that made it.
        owner: whose work it did.
        reason: how it ended.
        detail: of a failure, the type of the exception and the line that raised it. Of a
            cancellation, what whoever cancelled has said, and the line that it met: a scope of ours
            names itself and says why, asyncio's own timeouts and groups say nothing.
        lived: seconds, as far as known; None for one that ended before it was first looked at.
    """

    name: str
    function: str
    created_at: Frame
    owner: str
    reason: Literal["returned", "failed", "cancelled"]
    detail: str
    lived: float | None


class History:
    """The last tasks that ended: all that failed or were cancelled, and some that returned.

    Not all that returned, as a service ends thousands of tasks in a second and each note costs as
    much as the task.
    """

    __slots__ = ("_ended",)

    def __init__(self, kept: int = KEPT) -> None:
        self._ended: deque[EndedTask] = deque(maxlen=kept)

    def note(
        self, task: asyncio.Task[Any], created_at: Frame, owner: str, lived: float | None
    ) -> None:
        """Note that ``task``, which is done, has ended."""
        reason, detail = ending_of(task)
        self._ended.append(
            EndedTask(
                name=name_of(task),
                function=_function_of(task),
                created_at=created_at,
                owner=owner,
                reason=reason,
                detail=detail,
                lived=lived,
            )
        )

    def clear(self) -> None:
        """Forget them all."""
        self._ended.clear()

    def last(self, most: int = KEPT) -> tuple[EndedTask, ...]:
        """Return the latest, newest first; from any thread."""
        # Copied at once: others append meanwhile. Into a list, see `snowshed.core._census`.
        return tuple(islice(reversed(list(self._ended)), most))


def ending_of(
    task: asyncio.Task[Any],
) -> tuple[Literal["returned", "failed", "cancelled"], str]:
    """Return how a task that is done has ended, without retrieving its exception."""
    if _was_cancelled(task):
        cancelled = _cancelled_error_of(task)
        return "cancelled", "" if cancelled is None else _said(cancelled)
    error = getattr(task, "_exception", None)
    return ("returned", "") if error is None else ("failed", _kind_and_line(error))


def _cancelled_error_of(task: asyncio.Task[Any]) -> asyncio.CancelledError | None:
    """Return what the task ended with; asyncio shows it to nobody, and once to who awaits it."""
    for held in gc.get_referents(task):
        # By type, not by attribute: whatever a task holds must not wake up.
        if issubclass(type(held), asyncio.CancelledError):
            error: asyncio.CancelledError = held
            return error
    return None


def _said(cancelled: asyncio.CancelledError) -> str:
    message = cancelled.args[0] if cancelled.args else None
    # Anything can be passed to `cancel`, and only text is safe to show.
    text = message if isinstance(message, str) else ""
    if len(text) > MESSAGE_AT_MOST:
        text = text[: MESSAGE_AT_MOST - 3] + "..."
    return " ".join(filter(None, (text, _line(cancelled))))


def _kind_and_line(error: BaseException) -> str:
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return " ".join(filter(None, (f"{module}{kind.__qualname__}", _line(error))))


def _line(error: BaseException) -> str:
    """Return the innermost line of the traceback outside asyncio, whose own lines say little."""
    trace, best = error.__traceback__, None
    while trace is not None:
        if best is None or not trace.tb_frame.f_code.co_filename.startswith(_ASYNCIO):
            best = trace
        trace = trace.tb_next
    if best is None:
        return ""
    code = best.tb_frame.f_code
    return f"at {code.co_filename}:{best.tb_lineno} {code.co_qualname}"


def _function_of(task: asyncio.Task[Any]) -> str:
    code = code_of(task)
    if code is not None:
        return code.co_qualname
    name = read(read(task, "_coro"), "__qualname__")
    return name if isinstance(name, str) else ""
