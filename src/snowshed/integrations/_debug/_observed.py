"""Where the pages about tasks get what they show."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from snowshed.observe._polite import let_go, politely

if TYPE_CHECKING:
    from snowshed.model import Profile, TaskSnapshot
    from snowshed.observe._registry._history import EndedTask
    from snowshed.observe._registry._site import SiteStatistics
    from snowshed.observe._snapshot._glance import Glance
    from snowshed.observe._snapshot._snapshot import Snapshot

T = TypeVar("T")

__all__ = ["Observed", "all_of", "look"]


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of the tasks of this process; a page without its source is not there.

    All are called in a thread that is not the loop's, several at a time.

    Attributes:
        snapshot: each task and thread at this moment.
        glance: the same quickly, with who made each task and for whom, and little of what it does.
        sites: the totals of each line that makes tasks.
        history: the tasks that ended last, newest first.
        block_profile: how long tasks have waited at which line, since the process was started:
            ``contentions/count`` and ``delay/nanoseconds``.
        wall_profile: where tasks were in the last minutes.
        cpu_profile: what runs in the next so many seconds; returns when they are over.
    """

    snapshot: Callable[[], Snapshot] | None = None
    glance: Callable[[], Glance] | None = None
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


def look(observed: Observed, make: Callable[[Snapshot], T]) -> T:
    """Return what ``make`` makes of a look at all tasks and threads; it must not keep the snapshot.

    One look at a time in this process: the loop waits for each of its steps, as short as they are,
    and sixteen at once would have it wait sixteen times as long. What was seen of a hundred
    thousand tasks is let go of in short steps, too: in one it would hold the interpreter for
    tens of milliseconds.
    """
    assert observed.snapshot is not None
    with _turn.lock:
        snapshot = observed.snapshot()
    held = [*all_of(snapshot)]
    made = make(snapshot)
    del snapshot
    let_go(held)
    return made


def each_of(
    observed: Observed, make: Callable[[Iterable[TaskSnapshot]], T], *, closely: bool
) -> tuple[T, Snapshot]:
    """Return what ``make`` makes of all tasks and threads, and what else a look at them tells.

    Args:
        observed: who looks.
        make: goes through all of them, once, and keeps none.
        closely: whether it has to know what they do.
    """
    if closely or observed.glance is None:
        return look(
            observed,
            lambda seen: (make(politely(all_of(seen))), replace(seen, tasks=())),
        )
    with _turn.lock:
        glance = observed.glance()
        return make(glance), glance.about


def all_of(snapshot: Snapshot) -> tuple[TaskSnapshot, ...]:
    """Return the tasks and the threads."""
    return snapshot.tasks + snapshot.threads
