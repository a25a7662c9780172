"""One goroutine, or one task in the form of a goroutine, at the moment of a dump."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model._stack import Frame, Stack


class StateClass(StrEnum):
    """What kind of thing a goroutine or a task waits for, or that it waits for nothing.

    The words of runtimes change with every release; what to do about a thousand that wait for a
    lock does not.
    """

    RUNNING = "running"
    READY = "ready"
    """Could run, and waits for its turn; also one that has not run yet."""
    SYSCALL = "syscall"
    CHANNEL = "channel"
    """Waits for the other side of a channel or a queue."""
    LOCK = "lock"
    """Waits for a mutex, a semaphore or a place in a pool that somebody else has."""
    WAIT = "wait"
    """Waits until something has happened: a group has ended, a condition holds, a task is done."""
    IO = "io"
    TIMER = "timer"
    COROUTINE = "coroutine"
    SYNCTEST = "synctest"
    SYSTEM = "system"
    """Works for the runtime: the garbage collector, a tracer."""
    ENDED = "ended"
    OTHER = "other"
    """A word that is not known; the state itself tells more."""


@dataclass(frozen=True, slots=True)
class Ancestor:
    """Where a goroutine's creator stood when it created it, as far as the runtime kept that.

    The lines are those of the return addresses, mostly the statement after the ``go``; the line in
    ``Goroutine.created_by`` is the right one.

    Attributes:
        id: of the creator.
        stack: where it stood, the innermost call first.
        created_by: what had created the creator; None if that is not told.
    """

    id: int
    stack: Stack
    created_by: Frame | None = None


@dataclass(frozen=True, slots=True)
class Goroutine:
    """A goroutine of a dump.

    Attributes:
        id: the same number for the same goroutine, as long as it lives.
        state: status or reason for waiting in the runtime's words, such as ``chan receive``.
        stack: where it stands, the innermost call first.
        arguments: for each call of ``stack`` what the dump shows as its arguments, such as
            ``0xc000012345``; an empty tuple if it shows none.
        created_by: the function, and the line of the ``go`` statement, that created it; None for
            the first goroutine.
        parent: id of the goroutine that created it; None if that is not told.
        minutes: how long it has been waiting. A hint: Go's garbage collector stamps it, and may be
            minutes off in either direction. 0 if not told.
        labels: names and texts that the program attached to it.
        leaked: the garbage collector found that nothing can ever wake it.
        locked: it is bound to a thread of the operating system.
        bubble: number of the ``synctest`` bubble that it belongs to; None: of none.
        elided: calls that were left out of ``stack``, None for an unknown number.
        elided_at: index in ``stack`` of the call before which they were.
        ancestors: who created it, and who created that one, with their stacks.
    """

    id: int
    state: str
    stack: Stack
    arguments: tuple[str, ...] = ()
    created_by: Frame | None = None
    parent: int | None = None
    minutes: int = 0
    labels: tuple[tuple[str, str], ...] = ()
    leaked: bool = False
    locked: bool = False
    bubble: int | None = None
    elided: int | None = 0
    elided_at: int = 0
    ancestors: tuple[Ancestor, ...] = ()


@dataclass(frozen=True, slots=True)
class GoroutineDump:
    """All that stands in a text with goroutines.

    Attributes:
        goroutines: in the order of the text; the first is often the one that made the dump.
        notes: lines around them: the message of a panic, a signal, registers.
        warnings: what could not be read, and where.
    """

    goroutines: tuple[Goroutine, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
