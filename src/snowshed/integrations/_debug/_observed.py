"""Where the pages about tasks get what they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowshed.model import Profile, TaskSnapshot
    from snowshed.observe._history import EndedTask
    from snowshed.observe._site import SiteStatistics
    from snowshed.observe._snapshot import Snapshot

__all__ = ["Observed", "all_of"]


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of the tasks of this process; a page without its source is not there.

    All are called in a thread that is not the loop's, several at a time.

    Attributes:
        snapshot: each task and thread at this moment.
        sites: the totals of each line that makes tasks.
        history: the tasks that ended last, newest first.
        block_profile: how long tasks have waited at which line, since the process was started:
            ``contentions/count`` and ``delay/nanoseconds``.
        wall_profile: where tasks were in the last minutes.
        cpu_profile: what runs in the next so many seconds; returns when they are over.
    """

    snapshot: Callable[[], Snapshot] | None = None
    sites: Callable[[], Sequence[SiteStatistics]] | None = None
    history: Callable[[], Sequence[EndedTask]] | None = None
    block_profile: Callable[[], Profile] | None = None
    wall_profile: Callable[[], Profile] | None = None
    cpu_profile: Callable[[float], Profile] | None = None


def all_of(snapshot: Snapshot) -> tuple[TaskSnapshot, ...]:
    """Return the tasks and the threads."""
    return snapshot.tasks + snapshot.threads
