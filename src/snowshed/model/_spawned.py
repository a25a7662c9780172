"""Who started how many: tasks for each request, and the lines that create them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model._stack import Frame


@dataclass(frozen=True, slots=True)
class RequestTasks:
    """The tasks of one request that live at once.

    Attributes:
        id: of the goroutine that serves it, or has; 0 in Python, where no one does.
        count: its tasks: what it has started, what these have started, and so on, without what
            libraries keep for themselves.
        at: the line that started most of them.
        gone: whether the goroutine that serves it has ended, so that only its tasks tell of it.
        name: its verb and path, as far as told.
    """

    id: int
    count: int
    at: Frame
    gone: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class RequestsOver:
    """The requests that have more tasks at once than a request should.

    Attributes:
        budget: tasks up to which nobody is counted.
        seen: requests and idle connections that were seen, with whatever many tasks.
        over: of these, requests with more than ``budget``.
        worst: some of them, those with most tasks first.
    """

    budget: int
    seen: int
    over: int
    worst: tuple[RequestTasks, ...]


@dataclass(frozen=True, slots=True)
class Spawned:
    """A line that creates tasks, below the line that created who runs it.

    Attributes:
        at: the line; None: of those whose line is not told, or the rest that is not told one by
            one.
        function: what the tasks run, in the program's own code; empty if that is not known.
        count: tasks that live, those of ``children`` not included.
        gone: of these, those whose creator has ended.
        children: the lines at which these tasks have created others, the largest first.
        lines: how many lines this is the rest of; 0: it is one line.
    """

    at: Frame | None
    function: str
    count: int
    gone: int = 0
    children: tuple[Spawned, ...] = ()
    lines: int = 0

    @property
    def total(self) -> int:
        """How many there are, those below included."""
        # As deep as the tree is cut, which is some levels.
        return self.count + sum(child.total for child in self.children)
