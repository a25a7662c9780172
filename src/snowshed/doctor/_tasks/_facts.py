"""What the pages of a Python service tell that is no list of tasks: plain data."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from snowshed.doctor._tasks._goroutines import id_in

if TYPE_CHECKING:
    from snowshed.model import Frame, Goroutine

__all__ = [
    "Blocking",
    "Client",
    "Counted",
    "Ended",
    "Facts",
    "Knot",
    "Line",
    "Lock",
    "OpenRequest",
    "TaskReport",
]


class Knot(NamedTuple):
    """Tasks that wait, through others, for themselves.

    Attributes:
        tasks: how many of them there are.
        behind: tasks that wait for them without being of them.
        steps: one way around: what waits, where, and its id; of something that a task holds, what
            it is, None and 0.
        through_resource: whether it goes through something that a task holds, such as a lock.
    """

    tasks: int
    behind: int
    steps: tuple[tuple[str, Frame | None, int], ...]
    through_resource: bool = False


class Lock(NamedTuple):
    """Something that one task has, and others wait for.

    Attributes:
        text: what it is, in words.
        behind: tasks that wait for it, directly or through others.
        at: where one of those stands that wait for it directly; None: not told.
        holder: where the task stands that seems to hold it; None: nobody is known.
        holder_state: what that task does.
    """

    text: str
    behind: int
    at: Frame | None = None
    holder: Frame | None = None
    holder_state: str = ""


class Blocking(NamedTuple):
    """A line that has held its loop.

    Attributes:
        at: the line.
        call: what it calls there, as far as that is known.
        events: how often, since the process was started.
        seconds: for how long, together.
        longest: seconds of the longest time.
        process: number of the process among those that were looked at.
    """

    at: Frame
    call: str
    events: int
    seconds: float
    longest: float
    process: int = 0


class Line(NamedTuple):
    """A line that makes tasks.

    Attributes:
        at: the line.
        owner: whose work they do.
        created: how many it has made.
        live: of these, not ended.
        unretrieved: of these, failed and thrown away before anybody asked why.
    """

    at: Frame
    owner: str
    created: int
    live: int
    unretrieved: int


class Ended(NamedTuple):
    """A task that has ended.

    Attributes:
        created_at: the line that made it.
        function: that it ran.
        reason: ``returned``, ``failed`` or ``cancelled``.
        detail: the type of what it failed with and the line that raised it, or who cancelled it.
    """

    created_at: Frame
    function: str
    reason: str
    detail: str


class OpenRequest(NamedTuple):
    """A request that has not ended.

    Attributes:
        name: its verb and path.
        live: tasks that it has.
    """

    name: str
    live: int


class Client(NamedTuple):
    """A line that makes clients of a library.

    Attributes:
        kind: the class.
        at: the line.
        created: how many it has made.
        live: of these, those that are still there.
    """

    kind: str
    at: Frame
    created: int
    live: int


class Counted(NamedTuple):
    """Tasks that were counted and not listed.

    Attributes:
        size: how many.
        state: what they do.
        at: where they stand; where they were made if that is all that is known.
        created_at: the line that made them; None: not known.
    """

    size: int
    state: str
    at: Frame
    created_at: Frame | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a service has told at one moment beside its tasks; None: it was not asked, or is silent.

    Attributes:
        knots: tasks that wait for themselves.
        locks: what most tasks wait behind.
        blocking: the lines that held a loop.
        lag: of each loop, seconds of its longest round in the last moments.
        lines: the lines that make tasks.
        ended: the tasks that ended last.
        requests: the open requests with the most tasks.
        clients: the lines that make clients.
        outlived: tasks that have lived on when their requests had ended, since the start.
        taken_at: seconds since 1970; None: not known.
    """

    knots: tuple[Knot, ...] | None = None
    locks: tuple[Lock, ...] | None = None
    blocking: tuple[Blocking, ...] | None = None
    lag: tuple[float, ...] | None = None
    lines: tuple[Line, ...] | None = None
    ended: tuple[Ended, ...] | None = None
    requests: tuple[OpenRequest, ...] | None = None
    clients: tuple[Client, ...] | None = None
    outlived: int | None = None
    taken_at: float | None = None

    def __bool__(self) -> bool:
        return any(self._told())

    def and_(self, other: Facts) -> Facts:
        """Return what the two tell together; of the same moment, or of several processes."""
        joined = {
            each.name: _joined(getattr(self, each.name), getattr(other, each.name))
            for each in fields(Facts)
            if each.name != "taken_at"
        }
        return Facts(**joined, taken_at=self.taken_at or other.taken_at)

    def of_process(self, number: int) -> Facts:
        """Return the same with ids that are told apart from those of other processes."""
        knots = (
            knot._replace(
                steps=tuple((name, at, id_in(id_, number)) for name, at, id_ in knot.steps),
            )
            for knot in self.knots or ()
        )
        blocking = (line._replace(process=number) for line in self.blocking or ())
        return replace(
            self,
            knots=None if self.knots is None else tuple(knots),
            blocking=None if self.blocking is None else tuple(blocking),
        )

    def _told(self) -> list[bool]:
        names = (each.name for each in fields(self) if each.name != "taken_at")
        return [getattr(self, name) is not None for name in names]


@dataclass(frozen=True, slots=True)
class TaskReport:
    """What a JSON document tells of tasks.

    Attributes:
        goroutines: each task and thread, those that have ended included.
        counted: groups of tasks that were not listed one by one.
        facts: what else it tells.
        taken_at: seconds since 1970; None: not known.
        partial: whether it does not show all tasks.
        process: id of the process that has answered; 0: not told.
        warnings: what it does not tell.
    """

    goroutines: tuple[Goroutine, ...] = ()
    counted: tuple[Counted, ...] = ()
    facts: Facts = Facts()
    taken_at: float | None = None
    partial: bool = False
    process: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def lists_tasks(self) -> bool:
        """Whether it shows tasks, one by one or counted; else there are only `facts`."""
        return bool(self.goroutines or self.counted)


def _joined(one: Any, two: Any) -> Any:
    return two if one is None else one if two is None else one + two
