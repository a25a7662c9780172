"""blocked-loop: one line holds the event loop, and nobody else is served meanwhile.

Looks for: a line of the program that has held its loop, as the sampler of the service counts it,
for much of the time between two looks; or a task that runs in both looks at the same line while the
loop does not turn.

Why: a call that blocks inside a coroutine, such as ``time.sleep``, ``requests.get``, a driver that
does not await, or a long computation, stops all tasks of the loop. Their timeouts then blame
somebody else.

Evidence: how often and for how long the line held the loop, and what it calls there.

Against: on a machine without a free processor every line takes long. A service that starts holds
its loop while it imports: so only what is seen between two looks counts, more than once, and in
code of the program.

Silence: give the call to a thread (``asyncio.to_thread``, ``TaskScope.run_sync``), or use a client
that awaits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor._looks import Group, Where
from snowshed.doctor._program import Whose, whose
from snowshed.doctor._tasks import Blocking, Facts, is_task
from snowshed.model import Cause, TaskState

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "blocked-loop",
    Cause.MISSING_DEADLINE,
    why="a call that blocks inside a coroutine stops every task of its loop, and their timers",
    go="",
    python="give the call to a thread (asyncio.to_thread, TaskScope.run_sync), use a client that "
    "awaits, or cut the computation into pieces",
)
RUNNING = str(TaskState.RUNNING)
# A line is told of if it held the loop for so much of the time between two looks, and so many
# seconds; and from the larger part on it is no chance.
PART, SECONDS = 0.05, 0.2
MUCH = 0.25


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each line that has held a loop between the looks, and one that holds it now."""
    told = set()
    for held in _between(case.facts):
        if whose(held.line.at) is Whose.RUNTIME:
            continue  # a service that starts imports for seconds
        group, runs = _group(case, held.line)
        told.add(group.where)
        yield _suspicion(group, held, again=runs or held.events > 1)
    for group in case.groups:
        if group.where not in told and _still_runs(case, group):
            lag = max(case.facts[-1].lag or (0.0,))
            yield Suspicion(
                DETAIL,
                _tasks_of(group),
                0.8,
                lasts=True,
                evidence=(
                    "the same task runs there in both looks",
                    f"meanwhile its loop has not turned for up to {lag:.1f} s",
                ),
            )


class _Held:
    """What a line did between two looks."""

    def __init__(self, line: Blocking, before: Blocking | None, elapsed: float) -> None:
        self.line = line
        self.events = line.events - (before.events if before else 0)
        self.seconds = line.seconds - (before.seconds if before else 0.0)
        self.elapsed = elapsed

    @property
    def part(self) -> float:
        """Of the time between the looks; what had begun before them counts whole."""
        return min(self.seconds / self.elapsed, 1.0)


def _between(facts: tuple[Facts, ...]) -> Iterator[_Held]:
    """Yield what held a loop between the first and the last look; of a line the worst process."""
    seen = [each for each in facts if each.blocking is not None and each.taken_at is not None]
    if len(seen) < 2:
        return
    first, last = seen[0], seen[-1]
    elapsed = (last.taken_at or 0.0) - (first.taken_at or 0.0)
    if elapsed <= 0:
        return
    before = {(each.process, each.at, each.call): each for each in first.blocking or ()}
    worst: dict[tuple[object, str], _Held] = {}
    for line in last.blocking or ():
        held = _Held(line, before.get((line.process, line.at, line.call)), elapsed)
        known = worst.get((line.at, line.call))
        if known is None or held.seconds > known.seconds:
            worst[line.at, line.call] = held
    for held in worst.values():
        if held.events > 0 and held.seconds >= SECONDS and held.part >= PART:
            yield held


def _suspicion(group: Group, held: _Held, *, again: bool) -> Suspicion:
    line = held.line
    times = "once" if held.events == 1 else f"{held.events:,} times"
    calls = f", in {line.call}" if line.call else ""
    said = (
        f"it held the loop {times} for {held.seconds:.1f} s together, "
        f"{held.elapsed:.0f} s apart{calls}"
    )
    much = again and held.part >= MUCH and whose(line.at) is Whose.PROGRAM
    return Suspicion(
        DETAIL,
        group,
        0.85 if much else 0.5,
        lasts=much,
        evidence=(said, f"the longest time was {line.longest:.2f} s"),
        against=() if much else ("a machine that is short of processors shows the same",),
    )


def _group(case: Case, line: Blocking) -> tuple[Group, bool]:
    """Return the tasks that run at a line, or one that is thought of; and whether any do."""
    name = line.at.function.rpartition(".")[2]
    where = Where(RUNNING, replace(line.at, function=name))
    found = next((group for group in case.groups if group.where == where), None)
    tasks = None if found is None else _tasks_of(found)
    if tasks is None or not tasks.members:
        return Group(where, RUNNING, (line.at,), count=1), False
    return tasks, True


def _tasks_of(group: Group) -> Group:
    """Return the group without threads that stand at the same line."""
    tasks = [each for each in group.members if is_task(each)]
    return replace(group, members=tasks, count=max(len(tasks), 1))


def _still_runs(case: Case, group: Group) -> bool:
    """Tell whether a task of ``group`` ran in the list before, and its loop has not turned since.

    A task that computes, and lets others in between, runs in both looks too.
    """
    if group.where.state != RUNNING or len(case.facts) < 2:
        return False
    before, now = (facts.taken_at for facts in case.facts[-2:])
    held = max(case.facts[-1].lag or (0.0,))
    if before is None or now is None or held < max(SECONDS, 0.5 * (now - before)):
        return False
    return case.stayed(_tasks_of(group)) > 0
