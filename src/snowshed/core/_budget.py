"""How many tasks of one request are alive right now, exactly, and cheaply enough to always ask.

The obvious way to count live tasks is a counter and a done-callback. It is wrong and dear: a
callback runs one loop pass after its task has ended, so five fan-outs of 40 in a row look like 79
live tasks, and it makes a spawn 1.5 times as costly. The other obvious way, a counter in a wrapper
around each coroutine, changes what other people's tasks look like.

Here a budget keeps a plain list of the tasks that it admitted. A spawn appends to the list, which
costs next to nothing. Ended tasks stay in the list until the list reaches a *mark*; only then is
it swept with ``task.done()``, which is never late. So the list is an upper bound that becomes
exact whenever the answer could matter: before "over budget" is ever said, the dead are gone.

The marks double until they reach the limit (8, 16, 32, ... limit), so that sweeping costs two
``done()`` calls for each spawn at most, and a long request that starts one task after the other
does not pile up ended ones. Sweeps also see the peak: exact when the limit was hit, and below it
what the sweeps can tell (see `TaskBudget.peak`).

Budgets form a tree: a task counts in the budget of the scope that started it and in every
ancestor's. Each list holds all live descendants, so no decision ever walks the tree downwards.

The current budget travels in a `ContextVar`. A context can outlive its request by far (a pooled
connection's task, even a cancelled timer keeps its context), so `close` empties the budget: what a
stray context pins afterwards is one small object.
"""

from __future__ import annotations

from collections import deque
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, Protocol, cast

from snowshed.core import _hooks
from snowshed.errors import BudgetExceeded

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Iterator

    from snowshed.core._scope import TaskScope

FIRST_MARK = 8
# A refusal must prove that none of the live tasks has ended. One that looks at thousands is dear,
# and a flood asks thousands of times: see `TaskBudget.has_room`.
SWEEP_AT_ONCE = 256
# Of a flood that is only observed, this many tasks are looked at for each spawn, on average.
LOOKS_AT_A_SPAWN = 16
NO_LIMIT = 1 << 62
ALWAYS = -1


class Ending(Protocol):
    """Anything that can be counted as live: a task, a future, a thread job."""

    def done(self) -> bool:
        """Tell whether it has ended; exact at the moment of the call."""
        ...


class _Ended:
    __slots__ = ()

    def done(self) -> bool:
        return True


_ENDED = _Ended()


class TaskBudget:
    """The live tasks of one scope and of every scope below it.

    Not thread-safe: it belongs to the event loop of its scope.

    Args:
        name: of the scope, for errors and statistics.
        limit: how many may live at once; None: any number.
        parent: the budget that every task counts in as well.
        enforced: False: count, and never refuse (observation).
    """

    __slots__ = (
        "__weakref__",
        "_cursor",
        "_ended",
        "_next_sweep",
        "_proven_full",
        "_rising",
        "_seen_peak",
        "_unlooked",
        "enforced",
        "limit",
        "live",
        "loop",
        "mark",
        "name",
        "notice",
        "parent",
        "refused",
        "scope",
        "watcher",
    )

    def __init__(
        self,
        name: str,
        limit: int | None,
        *,
        parent: TaskBudget | None = None,
        enforced: bool = True,
    ) -> None:
        self.name = name
        self.limit = NO_LIMIT if limit is None else limit
        # From this count on every spawn is looked at; at the limit, if nobody asks for earlier.
        self.notice = self.limit
        self.parent = parent
        self.enforced = enforced
        self.live: list[Ending] = []
        self._next_sweep = min(FIRST_MARK, self.limit)
        # Below its mark a spawn concerns this list alone. With a parent there is no such place.
        self.mark = self._next_sweep if parent is None else ALWAYS
        self.refused = 0
        self.scope: TaskScope | None = None
        self.loop: AbstractEventLoop | None = None
        # Whoever accounts for this budget's tasks above core keeps its notes here.
        self.watcher: object | None = None
        self._ended = 0
        self._seen_peak = 0
        self._rising = True
        self._cursor = 0
        self._unlooked = 0
        self._proven_full = False

    def __repr__(self) -> str:
        limit = "unbounded" if self.limit == NO_LIMIT else self.limit
        return f"<TaskBudget {self.name!r} live<={len(self.live)} limit={limit}>"

    @property
    def spawned(self) -> int:
        """How many tasks were counted here, ever."""
        return self._ended + len(self.live)

    @property
    def peak(self) -> int:
        """The highest number of live tasks. Cost: one ``done()`` for each task counted.

        Exact when a spawn was refused, that is, never beyond the limit. Below it, ended tasks are
        noticed at the marks only: bursts that have ended come out exact, and a mixture of tasks
        that end and tasks that begin may be off by one doubling at most.
        """
        self.sweep()
        return self._seen_peak

    def resize(self, limit: int) -> None:
        """Change the limit; what lives already stays, over it or not."""
        self.limit = limit
        self.notice_from(self.notice)

    def notice_from(self, count: int) -> None:
        """Have every spawn looked at from ``count`` live tasks on, at the limit at the latest."""
        self.notice = min(count, self.limit)
        self._next_sweep = min(self._next_sweep, self.notice)
        if self.mark != ALWAYS:
            self.mark = self._next_sweep

    def lineage(self) -> Iterator[TaskBudget]:
        """Yield this budget and its ancestors, nearest first."""
        budget: TaskBudget | None = self
        while budget is not None:
            yield budget
            budget = budget.parent

    def admit(self) -> None:
        """Make sure that one more task fits here and in every ancestor.

        Raises:
            BudgetExceeded: it does not; the error names the fullest budget's scope.
        """
        if len(self.live) < self.mark:
            return
        full = self.full()
        if full is None:
            return
        raise full.refuse()

    def refuse(self) -> BudgetExceeded:
        """Count a refusal, here and in every ancestor; return the error that says it."""
        for budget in self.lineage():
            budget.refused += 1
        live = len(self.live)
        _hooks.refused(self.name, live, self.limit)
        return BudgetExceeded(self.name, live, self.limit)

    def full(self) -> TaskBudget | None:
        """Return the nearest enforced budget without room for one more, or None; exact."""
        for budget in self.lineage():
            if budget.enforced and not budget.has_room():
                return budget
        return None

    def has_room(self) -> bool:
        """Tell whether one more task fits in this budget alone, ended ones taken off first.

        Exact up to a limit of 256. A larger budget that has been proven full answers from that
        proof, and a look at 256 tasks, until the loop's next pass. One that is not enforced can
        hold any number: the more it holds, the rarer it is looked through, so that the cost of a
        spawn stays the same.
        """
        if len(self.live) < self.limit:
            return True
        if len(self.live) > SWEEP_AT_ONCE and not self.enforced:
            self._look_now_and_then()
        elif self.limit <= SWEEP_AT_ONCE:
            self.sweep()
        else:
            self._find_room()
        return len(self.live) < self.limit

    def _look_now_and_then(self) -> None:
        self._unlooked += 1
        if self._unlooked * LOOKS_AT_A_SPAWN >= len(self.live):
            self._unlooked = 0
            self.sweep()

    def add(self, task: Ending) -> None:
        """Count ``task`` here and in every ancestor until it has ended."""
        budget: TaskBudget | None = self
        while budget is not None:
            live = budget.live
            if len(live) >= budget._next_sweep:
                budget._pass_mark()
            live.append(task)
            budget = budget.parent

    def remove(self, task: Ending) -> None:
        """Stop counting ``task`` (it turned out not to be the request's own)."""
        for budget in self.lineage():
            if task in budget.live:
                budget.live.remove(task)

    def live_count(self) -> int:
        """Return the exact number of live tasks. Cost: one ``done()`` for each task counted."""
        self.sweep()
        return len(self.live)

    def make_room(self) -> bool:
        """Take ended tasks off, at the mark; tell whether nobody has to look at the next spawn."""
        if self.mark == ALWAYS:
            return False
        if len(self.live) >= self._next_sweep:
            self._pass_mark()
        return len(self.live) < self.notice

    def _pass_mark(self) -> None:
        self.sweep()
        length = len(self.live)
        # Written without max() and min(), here and in `sweep`: a request with many short tasks
        # passes here once for each few of them.
        mark = 2 * length if 2 * length > FIRST_MARK else FIRST_MARK
        if mark < self._seen_peak:  # noqa: PLR1730
            mark = self._seen_peak
        bound = self.notice if length < self.notice else self.limit
        if length < bound < mark:
            mark = bound
        self._next_sweep = mark
        if self.mark != ALWAYS:
            # Sweeps become rare beyond the notice; looking at each spawn does not.
            self.mark = mark if mark < self.notice else self.notice

    def sweep(self) -> None:
        """Take ended tasks off the list and learn from what is found."""
        live = self.live
        before = len(live)
        if not before:
            self._rising = True
            return
        alive = [task for task in live if not task.done()]
        # Were the count rising until the last ended task was born, that many lived at once.
        ended = before - len(alive)
        peak = len(alive)
        if ended and self._rising:
            peak = max(peak, _last_ended(live) + 1)
        if peak > self._seen_peak:  # noqa: PLR1730
            self._seen_peak = peak
        self._rising = 2 * ended < before
        if ended:
            self._ended += ended
            live[:] = alive

    def _find_room(self) -> None:
        """Look for ended tasks part by part, until some are found or all have been looked at."""
        parts = 1 if self._proven_full else -(-len(self.live) // SWEEP_AT_ONCE)
        if any(self._sweep_part() for _ in range(parts)) or self._proven_full:
            return
        self._note_peak(len(self.live))
        if self.loop is not None:
            self._proven_full = True
            self.loop.call_soon(self._doubt, context=Context())

    def _doubt(self) -> None:
        self._proven_full = False

    def _sweep_part(self) -> int:
        live = self.live
        start = self._cursor if self._cursor < len(live) else 0
        stop = start + SWEEP_AT_ONCE
        part = live[start:stop]
        alive = [task for task in part if not task.done()]
        ended = len(part) - len(alive)
        if ended:
            self._ended += ended
            live[start:stop] = alive
        self._cursor = start + len(alive)
        return ended

    def let_go(self) -> None:
        """Hold no ended task any longer, as it holds its result.

        The list keeps its length and order, from which `sweep` learns the peak.
        """
        self.live[:] = [_ENDED if task.done() else task for task in self.live]

    def _note_peak(self, count: int) -> None:
        self._seen_peak = max(self._seen_peak, count)

    def close(self) -> list[Ending]:
        """Empty the budget, so that stray contexts pin nothing; return what is still alive."""
        self.sweep()
        survivors = self.live
        self._ended += len(survivors)
        self.live = []
        self.mark = ALWAYS
        self._next_sweep = NO_LIMIT
        self.parent = self.scope = self.loop = self.watcher = None
        return survivors

    @property
    def closed(self) -> bool:
        """True after `close`: what still runs in this context runs late."""
        return self.loop is None


def _last_ended(tasks: list[Ending]) -> int:
    """Return the index of the youngest ended task; at least one has ended."""
    index = len(tasks) - 1
    while not tasks[index].done():
        index -= 1
    return index


def _outside() -> TaskBudget:
    """Return the budget of code that runs in no scope: it refuses nothing and forgets at once."""
    budget = TaskBudget("outside", None, enforced=False)
    budget.live = cast("list[Ending]", deque(maxlen=0))
    budget.mark = NO_LIMIT
    return budget


OUTSIDE = _outside()
CURRENT: ContextVar[TaskBudget] = ContextVar("snowshed_budget", default=OUTSIDE)
