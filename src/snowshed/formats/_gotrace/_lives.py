"""The lives of goroutines, and what is left of them when they have ended.

A busy service creates and ends thousands of goroutines a second, so one that has ended is added to
the others of its creation path and forgotten, but for the few that lived longest.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowshed.formats._gotrace._hot import (
    CREATE,
    CREATE_BLOCKED,
    CREATE_IN_SYSCALL,
    END,
    NO_REASON,
    PAUSE,
    PROCESSORS,
    READY,
    RESUME,
    RUNNING,
    STATUS,
    SYSCALL,
    WAITING,
    WAKE,
    Book,
    Life,
    Site,
)

if TYPE_CHECKING:
    from snowshed.formats._faults import Faults
    from snowshed.formats._gotrace._tables import Stacks

__all__ = ["WIDE", "Lives", "Path", "Stop"]

_LIVES_AT_MOST = 1_000_000
_PATHS_AT_MOST = 100_000
_SITES_AT_MOST = 200_000
_PAUSES_AT_MOST = 100_000
_PROCESSORS_AT_MOST = 1 << 20
_SAMPLES = 4
WIDE = 50
_MAKERS_AT_MOST = 100_000
# Creators of creators that are kept: each may start its like and end, for as long as the trace is.
_DEPTH_AT_MOST = 64
_BORN = {CREATE: READY, CREATE_BLOCKED: WAITING, CREATE_IN_SYSCALL: SYSCALL}
_IN_SYSCALL = "syscall"


@dataclass(slots=True)
class Path:
    """A way in which goroutines are created; times in ticks.

    Attributes:
        stack: number of the stack where they are created; 0 for none.
        function: that they are made to run.
        older: they were there before the trace.
        begin: number of the stack with which they begin.
        bottom: number of a stack that one of them had.
        widest: the most at once that one goroutine has created without a wait in between.
        maker: which that was.
        makers: goroutines that had created more than `WIDE` at once.
        longest: of those that have ended, the few that lived longest, as a heap.
    """

    stack: int
    function: str
    older: bool
    begin: int = 0
    bottom: int = 0
    count: int = 0
    live: int = 0
    peak: int = 0
    ready: int = 0
    running: int = 0
    waiting: int = 0
    syscall: int = 0
    started: int = 0
    delay: int = 0
    delay_most: int = 0
    widest: int = 0
    maker: Life | None = None
    makers: set[int] = field(default_factory=set)
    longest: list[tuple[int, int, Life]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stop:
    """The program was stopped: what for, when and how long in ticks, on whose behalf."""

    kind: str
    at: int
    ticks: int
    stack: int


class Lives:
    """All goroutines of a trace: those that live, and what those that do not have left.

    Attributes:
        start: time at which the trace begins, in ticks.
        processors: the most that ran goroutines at once; 0 if that is not told.
    """

    def __init__(self, stacks: Stacks, faults: Faults) -> None:
        self.book = Book(self._site, self._other)
        self.start = 0
        self.processors = 0
        self.paths: list[Path] = []
        self.sites: dict[tuple[str, int], Site] = {}
        self.stops: list[Stop] = []
        self._stacks = stacks
        self._faults = faults
        self._strings: dict[int, str] = {}
        self._path_ids: dict[tuple[int, str, bool], int] = {}
        self._known_paths: dict[tuple[int, int], int] = {}
        self._ended = 0
        self._stopping: dict[int, tuple[int, str, int]] = {}

    def turn_to(self, strings: dict[int, str], stacks: dict[int, int]) -> None:
        """Use the tables of another generation."""
        self._strings = strings
        self._known_paths.clear()
        self.book.sites.clear()
        self.book.stacks = stacks

    def close(self, now: int) -> list[Life]:
        """Add what lives at the end, ``now``, to the paths; return it with its open times added."""
        lives = [*self.book.live.values()]
        for life in lives:
            spent = max(now - life.since, 0)
            if life.state == READY:
                life.ready += spent
            elif life.state == RUNNING:
                life.running += spent
            elif life.state == WAITING:
                life.waiting += spent
            else:
                life.syscall += spent
            path = self._path_of(life)
            if life.born < 0:
                path.live += 1
            self._add(life, path)
        return lives

    def _site(self, reason: int, stack: int) -> Site:
        name = _IN_SYSCALL if reason == NO_REASON else self._strings.get(reason, "?")
        key = name, self.book.stacks.get(stack, 0)
        site = self.sites.get(key)
        if site is None:
            if len(self.sites) >= _SITES_AT_MOST:
                self._faults.note("places of waits left out", f"more than {_SITES_AT_MOST}")
                key = "?", 0
            site = self.sites.setdefault(key, Site(*key))
        self.book.sites[reason << 32 | stack] = site
        return site

    def _other(  # noqa: PLR0917 - called for each goroutine that comes or goes
        self, now: int, life: Life | None, id_: int, what: int, first: int, second: int, third: int
    ) -> None:
        if what == END and life is not None:
            self._end(life, now)
        elif what == STATUS:
            self._status(now, life, id_, first, second)
        elif what in _BORN:
            self._create(now, id_, _BORN[what], (first, second, third))
        elif what == PAUSE:
            self._pause(now, id_, first, second)
        elif what == RESUME:
            self._resume(now, id_)
        elif what == PROCESSORS:
            self.processors = max(self.processors, min(first, _PROCESSORS_AT_MOST))
        elif not id_:
            self._faults.note("events of no goroutine", f"{now - self.start} ticks from the start")
        else:
            what_ = f"goroutine {id_}, {now - self.start} ticks from the start"
            self._faults.note("goroutines that came from nowhere", what_)
            if what != END and (new := self._new(now, id_, READY if what == WAKE else what)):
                new.site = self._site(first, second) if what in {WAITING, SYSCALL} else None

    def _new(self, now: int, id_: int, state: int) -> Life | None:
        """Follow another goroutine, if it is one and they are not too many."""
        live = self.book.live
        if not id_:
            self._faults.note("events of no goroutine", f"{now - self.start} ticks from the start")
            return None
        if len(live) >= _LIVES_AT_MOST:
            what = f"goroutine {id_}, with {_LIVES_AT_MOST} that live"
            self._faults.note("goroutines not followed", what)
            return None
        life = live[id_] = Life(id_, state, now)
        return life

    def _create(self, now: int, id_: int, state: int, origin: tuple[int, int, int]) -> None:
        creator, stack, entry = origin
        twice = self.book.live.get(id_)
        if twice is not None:
            what = f"goroutine {id_}, {now - self.start} ticks from the start"
            self._faults.note("goroutines created twice", what)
            self._end(twice, now)
        life = self._new(now, id_, state)
        if life is None:
            return
        index = self._known_paths.get((stack, entry))
        if index is None:
            begin = self.book.stacks.get(entry, 0)
            function = self._stacks.outermost(begin)
            index = self._path(self.book.stacks.get(stack, 0), function, older=False)
            self._known_paths[stack, entry] = index
            self.paths[index].begin = begin
        life.born = now
        life.creator = creator
        parent = self.book.live.get(creator)
        if parent is not None and parent.depth < _DEPTH_AT_MOST:
            life.parent = parent
            life.depth = parent.depth + 1
            life.burst = index, parent.syscall + parent.waiting
            self._count_child(parent, life.burst)
        life.path = index
        if state == SYSCALL:
            life.first_run = now
            life.site = self._site(NO_REASON, 0)
        path = self.paths[index]
        path.count += 1
        path.live += 1
        path.peak = max(path.peak, path.live)

    def _count_child(self, parent: Life, burst: tuple[int, int]) -> None:
        children = parent.children
        if children is None:
            children = parent.children = {}
        alive = children[burst] = children.get(burst, 0) + 1
        path = self.paths[burst[0]]
        if alive > path.widest:
            path.widest = alive
            path.maker = parent
        if alive == WIDE + 1 and len(path.makers) < _MAKERS_AT_MOST:
            path.makers.add(parent.id)

    @staticmethod
    def _forget_child(parent: Life, burst: tuple[int, int]) -> None:
        children = parent.children
        if children is not None:
            left = children.pop(burst) - 1
            if left:
                children[burst] = left

    def _path(self, stack: int, function: str, *, older: bool) -> int:
        """Return the index of a path."""
        key = stack, function, older
        index = self._path_ids.get(key)
        if index is None:
            if len(self.paths) >= _PATHS_AT_MOST:
                self._faults.note("creation paths left out", f"more than {_PATHS_AT_MOST}")
                key = 0, "?", older
            index = self._path_ids.setdefault(key, len(self.paths))
            if index == len(self.paths):
                self.paths.append(Path(*key))
        return index

    def _path_of(self, life: Life) -> Path:
        """Return the path of a goroutine; one that is older than the trace gets its now."""
        if life.path < 0:
            life.path = self._path(0, self._stacks.outermost(life.place()), older=True)
            path = self.paths[life.path]
            path.count += 1
            path.peak += 1
        return self.paths[life.path]

    def _end(self, life: Life, now: int) -> None:
        del self.book.live[life.id]
        path = self._path_of(life)
        if life.born >= 0:
            path.live -= 1
        if life.parent is not None:
            self._forget_child(life.parent, life.burst)
        self._add(life, path)
        life.state = END
        life.since = now
        lived = now - life.seen
        heap = path.longest
        self._ended += 1  # so that no two are alike, and lives are never compared
        if len(heap) < _SAMPLES:
            heapq.heappush(heap, (lived, -self._ended, life))
        elif lived > heap[0][0]:
            heapq.heapreplace(heap, (lived, -self._ended, life))

    def _add(self, life: Life, path: Path) -> None:
        path.ready += life.ready
        path.running += life.running
        path.waiting += life.waiting
        path.syscall += life.syscall
        if life.born >= 0 <= life.first_run:
            delay = life.first_run - life.born
            path.started += 1
            path.delay += delay
            path.delay_most = max(path.delay_most, delay)
        if not path.bottom:
            path.bottom = life.place()

    def _status(self, now: int, life: Life | None, id_: int, state: int, stack: int) -> None:
        """Begin to follow a goroutine that was there before, or compare with what is known of it.

        What has done nothing until now has been in its state from the start; but a wait, or a call
        of the system, is only counted from here on.
        """
        place = self.book.stacks.get(stack, 0)
        if state == NO_REASON:
            self._faults.note("states that are not known", f"of goroutine {id_}")
            return
        if life is None:
            life = self._new(now, id_, state)
            if life is None:
                return
            before = now - self.start
            if state == READY:
                life.ready = before
            elif state == RUNNING:
                life.running = before
            elif state == WAITING:
                life.waiting = before
            else:
                life.syscall = before
                life.site = self._site(NO_REASON, stack)
        elif life.state != state:
            what = f"goroutine {id_}, {now - self.start} ticks from the start"
            self._faults.note("goroutines in another state than their events say", what)
            life.state = state
            life.since = now
            life.site = None
        # One that has not begun may have a stack without a name on it.
        if life.site is None and self._stacks.outermost(place):
            life.stack = place

    def _pause(self, now: int, thread: int, kind: int, stack: int) -> None:
        if len(self.stops) + len(self._stopping) >= _PAUSES_AT_MOST:
            self._faults.note("pauses left out", f"more than {_PAUSES_AT_MOST}")
            return
        name = self._strings.get(kind, "?")
        self._stopping[thread] = now, name, self.book.stacks.get(stack, 0)

    def _resume(self, now: int, thread: int) -> None:
        began = self._stopping.pop(thread, None)
        if began is None:
            return  # it began before the trace
        at, kind, stack = began
        self.stops.append(Stop(kind, at, max(now - at, 0), stack))
