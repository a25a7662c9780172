"""A line of code that makes tasks, and how many it has made, on all loops together."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType

    from snowshed.model import Frame


@dataclass(frozen=True, slots=True)
class SiteStatistics:
    """What one line has made.

    Exact while a loop makes fewer than 20,000 tasks in a second, estimates beyond.

    Attributes:
        created_at: the line; where no line asked for the task, the function that it runs. One
            called ``elsewhere`` stands for all that is not known.
        owner: whose work it is: ``user``, ``infrastructure``, ``driver``, ``helper``.
        created: tasks that it made, ever.
        live: of these, not ended.
        peak: the most that lived at once on one loop, as far as looks have shown: exact for what
            lives longer than a tenth of a second. A burst that begins and ends between two looks is
            seen only if the line had made nothing that ended sooner, and tasks made one after the
            other may look like one of 64.
        done: of these, ended.
        unretrieved: of these, failed and thrown away before anybody asked for the exception.
    """

    created_at: Frame
    owner: str
    created: int
    live: int
    peak: int
    done: int
    unretrieved: int


class Site:
    """The totals of one line; see `LiveTasks` for those of a loop that still runs.

    Args:
        created_at: the line.
        owner: whose work it is.
        code: what the line is part of. Held, so that no other code gets the id by which the line
            is found.

    Attributes:
        created: tasks that it made on loops that have stopped, until then.
        peak: the most that lived at once on one of these.
        unretrieved: failures that nobody has asked for, on all loops.
    """

    __slots__ = ("_lock", "code", "created", "created_at", "owner", "peak", "unretrieved")

    def __init__(self, created_at: Frame, owner: str, code: CodeType | None = None) -> None:
        self.code = code
        self.created_at = created_at
        self.owner = owner
        self.created = self.peak = 0.0
        self.unretrieved = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Site {self.created_at}>"

    def fold(self, created: float, peak: float) -> None:
        """Add the totals of a loop that has stopped. Not for finalizers: it takes a lock."""
        with self._lock:
            self.created += created
            self.peak = max(self.peak, peak)

    def after_fork(self) -> None:
        """Begin anew: forget the totals, and a lock that a thread of the parent may have held."""
        self.created = self.peak = 0.0
        self.unretrieved = 0
        self._lock = threading.Lock()
