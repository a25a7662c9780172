"""What code runs at this moment, in whichever thread, and which line of the user's it is.

The stack of a running thread begins with whoever started the server and ends in whatever library
the user's code has called. Neither names the cause. The stack of a task is cut where the loop
begins; and the line to blame is the innermost one of the user's own code, with the call that it
makes there.

That call need not be a frame: ``time.sleep`` is written in C. So it is read from the source, at the
columns that the running instruction belongs to.
"""

from __future__ import annotations

import asyncio
import linecache
import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

import snowshed
from snowshed.model import Frame, Stack

__all__ = ["Culprit", "culprit_of", "handle_in", "lies_outside", "stack_of"]

FRAMES_AT_MOST = 64
CALL_AT_MOST = 60
_CALL = re.compile(r"\s*(?:await\s+)?([\w.]+)\s*\(")
_HANDLE_RUN = asyncio.Handle._run.__code__
# Where a loop of asyncio's begins; one that C runs has no such frame.
_LOOP = {_HANDLE_RUN, asyncio.BaseEventLoop.run_forever.__code__}


class Culprit(NamedTuple):
    """The line of the user's code that holds a thread.

    Attributes:
        frame: the line.
        call: what is called there, as the source has it; empty if that cannot be told.
    """

    frame: Frame
    call: str

    def __str__(self) -> str:
        if not self.frame.file:
            return "a line that was not seen"
        call = f" {self.call}" if self.call else ""
        return f"{self.frame.file}:{self.frame.line}{call} in {self.frame.function}()"


def stack_of(innermost: FrameType | None, outermost: FrameType | None = None) -> Stack:
    """Return the stack that runs, the innermost call first, up to where a loop begins.

    Args:
        innermost: where the thread stands.
        outermost: the last frame that counts; None: up to the loop, or all.

    Cost: about 0.5 us for each frame, 64 at most.
    """
    return tuple(map(_frame, islice(_walk(innermost, outermost), FRAMES_AT_MOST)))


def _walk(frame: FrameType | None, outermost: FrameType | None) -> Iterator[FrameType]:
    while frame is not None and frame.f_code not in _LOOP:
        yield frame
        if frame is outermost:
            return
        frame = frame.f_back


def _frame(frame: FrameType) -> Frame:
    code = frame.f_code
    # Not `f_lineno`: None while the instruction belongs to no line.
    return Frame(code.co_qualname, code.co_filename, frame.f_lineno or code.co_firstlineno)


def lies_outside(frame: FrameType) -> bool:
    """Tell whether the file of a frame is not of Python, an installed package, or ours."""
    return _lies_outside(frame.f_code.co_filename)


@lru_cache(maxsize=10_000)
def _lies_outside(file: str) -> bool:
    return not file.startswith("<") and not file.startswith(_installed())


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    # Looked for only when something blocks: the names of these places take milliseconds to find.
    import site  # noqa: PLC0415
    import sysconfig  # noqa: PLC0415

    paths = sysconfig.get_paths()
    places = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places |= {*site.getsitepackages(), site.getusersitepackages()}
    ours = str(Path(snowshed.__file__).parent)
    return tuple(f"{place}{os.sep}" for place in (*places, ours) if place)


def culprit_of(
    innermost: FrameType | None,
    outermost: FrameType | None = None,
    *,
    is_users: Callable[[FrameType], bool] = lies_outside,
) -> Culprit | None:
    """Return the innermost line of the user's code, or of all if none is; None without a frame.

    Reads the source file, once.

    Args:
        innermost: see `stack_of`.
        outermost: the same.
        is_users: tells whether a frame is the user's code.
    """
    frames = [*islice(_walk(innermost, outermost), FRAMES_AT_MOST)]
    users = (frame for frame in frames if is_users(frame))
    found = next(users, frames[0] if frames else None)
    if found is None:
        return None
    return Culprit(_frame(found), _call(found.f_code, found.f_lasti))


def handle_in(frame: FrameType | None) -> int:
    """Return the id of the handle that the loop runs; 0 if there is none to be seen."""
    while frame is not None:
        if frame.f_code is _HANDLE_RUN:
            return id(frame.f_locals.get("self"))
        frame = frame.f_back
    return 0


def _call(code: CodeType, offset: int) -> str:
    """Return the name of what the instruction calls, as the source has it."""
    position = next(islice(code.co_positions(), max(offset, 0) // 2, None), None)
    if position is None:
        return ""
    line, _, column, _ = position
    if line is None or column is None:
        return ""
    source = linecache.getline(code.co_filename, line).encode()[column:].decode(errors="replace")
    found = _CALL.match(source)
    return found[1][:CALL_AT_MOST] if found else ""
