"""unretrieved-exception: tasks fail, and nobody asks why.

Looks for: lines of the program whose tasks have failed and were thrown away before anybody asked
for the exception, as the service counts them; and tasks that have failed and are kept, unasked.

Why: ``asyncio.create_task`` hands the error to whoever awaits the task. If nobody does, the work
was not done, and all that is left is a line in the log, when the garbage collector comes by.

Evidence: how many, and what the last of them failed with, and where; that there are more of them
from look to look.

Against: tasks that were given up on purpose may fail unasked. A few since the service was started
are ``low``.

Silence: await the task, start it in a scope or a ``TaskGroup``, or give it a callback that asks for
its exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.doctor._case import Growth
from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._looks import Group, Where
from snowshed.doctor._tasks import FAILED, Line
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.model import Frame

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "unretrieved-exception",
    Cause.DETACHED_SPAWN,
    why="a task hands its error to whoever awaits it, and nobody does: the work was not done, "
    "and nobody knows",
    go="",
    python="await the task, or start it in a scope, which raises what fails in it: "
    "open_scope(...).spawn, asyncio.TaskGroup; or ask for its exception in a callback",
)
_AGAINST = "tasks that were given up on purpose may fail unasked"


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each line whose tasks fail unasked."""
    for group in case.ended:
        if group.where.state == FAILED:
            how = _how(case, group.created_by)
            yield Suspicion(
                DETAIL,
                group,
                0.6,
                evidence=("they have failed, are kept, and nobody has asked for the error", *how),
                against=(_AGAINST,),
            )
    for line, counts, seconds in _thrown_away(case):
        function = line.at.function.rpartition(".")[2]
        where = Where(FAILED, replace(line.at, function=function))
        yield Suspicion(
            DETAIL,
            Group(where, FAILED, (line.at,), count=counts[-1]),
            0.7,
            growth=Growth(counts, seconds) if len(counts) > 1 else None,
            evidence=(
                f"{counts[-1]:,} of {line.created:,} tasks that were made here failed unasked",
                *_how(case, line.at),
            ),
            against=(_AGAINST,),
        )


def _thrown_away(case: Case) -> Iterator[tuple[Line, tuple[int, ...], float | None]]:
    """Yield each line of the program with failures, how many look by look, and in which time."""
    told = [facts for facts in case.facts if facts.lines is not None]
    if not told:
        return
    looks = [_failures(facts.lines or ()) for facts in told]
    times = told[0].taken_at, told[-1].taken_at
    seconds = None if times[0] is None or times[1] is None else times[1] - times[0]
    made: dict[Frame, Line] = {}
    for line in told[-1].lines or ():
        if line.owner == "user" and line.unretrieved:
            known = made.get(line.at)
            created = line.created + (known.created if known else 0)
            made[line.at] = line._replace(created=created)
    for at, line in made.items():
        yield line, tuple(look.get(at, 0) for look in looks), seconds


def _failures(lines: tuple[Line, ...]) -> dict[Frame, int]:
    """Return how many have failed by line; of several processes the sum."""
    found: dict[Frame, int] = {}
    for line in lines:
        found[line.at] = found.get(line.at, 0) + line.unretrieved
    return found


def _how(case: Case, made_at: Frame | None) -> tuple[str, ...]:
    """Return what the last task of that line failed with."""
    for facts in reversed(case.facts):
        for ended in facts.ended or ():
            if ended.reason == "failed" and ended.created_at == made_at:
                return (f"the last failed with {ended.detail}",)
    return ()
