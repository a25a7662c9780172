"""thread-pinned: goroutines that each hold a thread of the operating system.

Looks for: many goroutines in ``syscall`` at one line of the program, in a call of C, or locked to
their thread.

Why: a goroutine that waits for a channel or the network costs some kilobytes. One in a system call
that blocks, or in a call of C, holds a thread for as long as it takes, and ``LockOSThread`` until
it is undone. The runtime starts another thread for the rest, and ends the program at 10,000 of
them.

Evidence: how many there are; that there are more from look to look; that the very same still wait.

Against: programs that start others wait for each in a system call; they are told only if those
become more with each look. One goroutine that is locked is normal, as graphics and signals need it.

Silence: a limit for how many make such calls at once (a semaphore of some tens), files and pipes
that the runtime can wait for (``os.File`` on them), ``defer runtime.UnlockOSThread()``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._signs import Calls, call_of, lasts, program_of
from snowshed.doctor.causes._waits import MANY
from snowshed.model import Cause, StateClass

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "thread-pinned",
    Cause.UNBOUNDED_FANOUT,
    why="a system call that blocks, a call of C, and LockOSThread each hold a thread, and the "
    "runtime ends a program that has 10,000 of them",
    go="bound how many make such calls at once with a semaphore, use what the runtime can wait for "
    "(os.File, net.Conn), and undo each lock: defer runtime.UnlockOSThread()",
    python="give calls that block a pool of threads of their own: WorkerPool, or to_thread with "
    "a limit",
)
_C = Calls(r"(?:.*/)?[\w%.-]+\._C(?:2)?func_|runtime\.cgocall$")
_CHILDREN = Calls(r"os\.\(\*Process\)\.|os/exec\.\(\*Cmd\)\.|syscall\.(?:wait4|forkExec)")


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that holds many threads."""
    for group in case.groups:
        locked = sum(each.locked for each in group.members)
        in_call = group.state_class is StateClass.SYSCALL
        if group.count < MANY or not program_of(group):
            continue
        if in_call and call_of(group, _CHILDREN):
            growth = case.growth(group.where)
            if growth is None or not growth.goes_on:
                continue
        if in_call:
            what = "a call of C" if call_of(group, _C) else "a system call"
            yield _suspicion(case, group, f"{group.count:,} threads are held by {what}")
        elif locked >= MANY:
            yield _suspicion(case, group, f"{locked:,} of them are locked to a thread each")


def _suspicion(case: Case, group: Group, said: str) -> Suspicion:
    # What never ends at all has a cause of its own.
    confidence = 0.3 if group.leaked else 0.7 if lasts(case, group) else 0.65
    return Suspicion(
        DETAIL,
        group,
        confidence,
        evidence=(said,),
        against=("calls that are short come and go, and look the same in a single look",),
    )
