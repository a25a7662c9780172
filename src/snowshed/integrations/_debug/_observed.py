"""Where the pages about tasks get what they show."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from snowshed.observe._polite import let_go

if TYPE_CHECKING:
    from snowshed.model import Profile, TaskSnapshot
    from snowshed.observe._registry._history import EndedTask
    from snowshed.observe._registry._site import SiteStatistics
    from snowshed.observe._snapshot._snapshot import Snapshot

T = TypeVar("T")

__all__ = ["Observed", "all_of", "look"]


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of the tasks of this process; a page without its source is not there.

    All are called in a thread that is not the loop's, several at a time.

    Attributes:
        snapshot: each task and thread at this moment.
        glance: the same quickly, with who made each task and for whom, and not what it does; None:
            ``snapshot`` is asked instead.
        sites: the totals of each line that makes tasks.
        history: the tasks that ended last, newest first.
        block_profile: how long tasks have waited at which line, since the process was started:
            ``contentions/count`` and ``delay/nanoseconds``.
        wall_profile: where tasks were in the last minutes.
        cpu_profile: what runs in the next so many seconds; returns when they are over.
    """

    snapshot: Callable[[], Snapshot] | None = None
    glance: Callable[[], Snapshot] | None = None
    sites: Callable[[], Sequence[SiteStatistics]] | None = None
    history: Callable[[], Sequence[EndedTask]] | None = None
    block_profile: Callable[[], Profile] | None = None
    wall_profile: Callable[[], Profile] | None = None
    cpu_profile: Callable[[float], Profile] | None = None


class _Turn:
    """Whose look it is."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self.lock = threading.Lock()


_turn = _Turn()
if hasattr(os, "register_at_fork"):
    # A thread of the parent may have had it.
    os.register_at_fork(after_in_child=_turn.renew)


def look(observed: Observed, make: Callable[[Snapshot], T], *, closely: bool = True) -> T:
    """Return what ``make`` makes of a look at all tasks and threads; it must not keep the snapshot.

    Args:
        observed: who looks.
        make: gets what was seen.
        closely: whether ``make`` needs to know what the tasks do.

    One look at a time in this process: the loop waits for each of its steps, as short as they are,
    and sixteen at once would have it wait sixteen times as long. What was seen of a hundred
    thousand tasks is let go of in short steps, too: in one it would hold the interpreter for
    tens of milliseconds.
    """
    source = observed.snapshot if closely else observed.glance or observed.snapshot
    assert source is not None
    with _turn.lock:
        snapshot = source()
    held = [*all_of(snapshot)]
    made = make(snapshot)
    del snapshot
    let_go(held)
    return made


def all_of(snapshot: Snapshot) -> tuple[TaskSnapshot, ...]:
    """Return the tasks and the threads."""
    return snapshot.tasks + snapshot.threads
