"""From ticks and numbers of stacks to what the layers above can read."""

from __future__ import annotations

import heapq
import re
from functools import cached_property
from typing import TYPE_CHECKING

from snowshed.formats._gotrace._events import EVENTS
from snowshed.formats._gotrace._hot import END, READY, RUNNING, SYSCALL, WAITING, Life, Site
from snowshed.model import (
    BlockedAt,
    CreationPath,
    GoState,
    GoTrace,
    Pause,
    Stack,
    StateTimes,
    TracedGoroutine,
)

if TYPE_CHECKING:
    from snowshed.formats._gotrace._lives import Path
    from snowshed.formats._gotrace._reader import Reader

__all__ = ["result_of"]

_STATES = {
    READY: GoState.RUNNABLE,
    RUNNING: GoState.RUNNING,
    WAITING: GoState.WAITING,
    SYSCALL: GoState.SYSCALL,
    END: GoState.ENDED,
}
# What the compiler makes of `go f(x)`: a function around it, in the name of the one that has it.
_WRAPPED = re.compile(r".*\.gowrap\d+")


def result_of(reader: Reader, version: int, goroutines_at_most: int) -> GoTrace:
    """Return what ``reader`` knows. It must not be used any more."""
    return _Result(reader, goroutines_at_most).trace(version)


class _Result:
    def __init__(self, reader: Reader, goroutines_at_most: int) -> None:
        assert reader.clock is not None
        self._reader = reader
        self._clock = reader.clock
        self._start = reader.lives.start
        self._at_most = goroutines_at_most
        self._lives = reader.lives.close(reader.end)
        self._shown: dict[int, Stack] = {}

    def trace(self, version: int) -> GoTrace:
        reader, clock = self._reader, self._clock
        kept = self._lives
        if len(kept) > self._at_most:
            kept = heapq.nsmallest(self._at_most, kept, key=lambda life: life.since)
        kept.sort(key=lambda life: life.id)
        nanos = 0
        if clock.nanos:
            nanos = clock.nanos + (self._start - clock.ticks) * 10**9 // clock.frequency
        paths = sorted(map(self._path, reader.lives.paths), key=lambda path: -path.count)
        return GoTrace(
            version=version,
            seconds=reader.seconds,
            time_nanos=nanos,
            generations=reader.generations,
            goroutines=tuple(map(self._goroutine, kept)),
            ancestors=tuple(map(self._goroutine, self._ancestors(kept))),
            left_out=len(self._lives) - len(kept),
            paths=tuple(paths),
            blocked=self._blocked(),
            processors=reader.lives.processors,
            pauses=tuple(
                Pause(
                    stop.kind,
                    self._seconds(stop.at - self._start),
                    self._seconds(stop.ticks),
                    self._stack(stop.stack),
                )
                for stop in sorted(reader.lives.stops, key=lambda stop: stop.at)
            ),
            events={
                name: count for (name, _), count in zip(EVENTS, reader.counts, strict=True) if count
            },
            warnings=reader.faults.lines(),
        )

    def _seconds(self, ticks: int) -> float:
        return ticks / self._clock.frequency

    def _stack(self, number: int) -> Stack:
        """Return a stack; the same one for the same number, since many will have it."""
        stack = self._shown.get(number)
        if stack is None:
            stack = self._shown[number] = self._reader.stacks.stack(number)
        return stack

    def _times(self, of: Life | Path) -> StateTimes:
        ticks = (of.ready, of.running, of.waiting, of.syscall)
        return StateTimes(*map(self._seconds, ticks))

    def _function(self, path: Path) -> str:
        """Return the function that goroutines run, not what the compiler has put around it."""
        if _WRAPPED.fullmatch(path.function):
            return self._reader.stacks.outermost(path.bottom) or path.function
        return path.function

    def _goroutine(self, life: Life) -> TracedGoroutine:
        path = self._reader.lives.paths[life.path]
        older = life.born < 0
        moved = not older or life.since != life.seen
        began = life.since if moved else self._start
        if life.state == END:
            began, end = life.seen, life.since
        else:
            end = self._reader.end
        ran = not older and life.first_run >= 0
        place = life.place() or (0 if older else path.begin)
        return TracedGoroutine(
            id=life.id,
            function=self._function(path),
            created_at=self._stack(path.stack),
            creator=life.creator or None,
            created_after=None if older else self._seconds(life.born - self._start),
            first_run_after=self._seconds(life.first_run - life.born) if ran else None,
            times=self._times(life),
            state=_STATES[life.state],
            state_for=self._seconds(max(end - began, 0)),
            reason=life.site.reason if life.site else "",
            stack=self._stack(place),
            woken_by=life.by or None,
            woken_at=self._stack(life.by_stack),
            moved=moved,
        )

    def _ancestors(self, of: list[Life]) -> list[Life]:
        """Return those that have ended and have made one of these, or who made it, and so on."""
        found: dict[int, Life] = {}
        for life in of:
            parent = life.parent
            while parent is not None and len(found) < self._at_most:
                if parent.state == END:
                    if parent.id in found:
                        break
                    found[parent.id] = parent
                parent = parent.parent
        return sorted(found.values(), key=lambda life: life.id)

    def _path(self, path: Path) -> CreationPath:
        rate = path.count / self._reader.seconds if self._reader.seconds else 0.0
        longest = sorted(path.longest, reverse=True)
        return CreationPath(
            stack=self._stack(path.stack),
            function=self._function(path),
            count=path.count,
            older=path.older,
            rate=0.0 if path.older else rate,
            peak=path.peak,
            live=path.live,
            times=self._times(path),
            started=path.started,
            first_run_total=self._seconds(path.delay),
            first_run_most=self._seconds(path.delay_most),
            widest=path.widest,
            maker=None if path.maker is None else self._goroutine(path.maker),
            makers=len(path.makers),
            samples=tuple(self._goroutine(life) for _, _, life in longest),
        )

    @cached_property
    def _open(self) -> dict[int, tuple[int, int]]:
        """Return the waits that last on by site: how many, and how many ticks."""
        found: dict[int, tuple[int, int]] = {}
        for life in self._lives:
            if life.site is not None and life.state in {WAITING, SYSCALL}:
                count, ticks = found.get(id(life.site), (0, 0))
                spent = max(self._reader.end - life.since, 0)
                found[id(life.site)] = count + 1, ticks + spent
        return found

    def _blocked(self) -> tuple[BlockedAt, ...]:
        places = map(self._place, self._reader.lives.sites.values())
        return tuple(sorted(places, key=lambda place: -place.seconds - place.open_seconds))

    def _place(self, site: Site) -> BlockedAt:
        count, ticks = self._open.get(id(site), (0, 0))
        wakers = sorted(site.wakers.items(), key=lambda waker: -waker[1])
        return BlockedAt(
            reason=site.reason,
            stack=self._stack(site.stack),
            count=site.count,
            seconds=self._seconds(site.ticks),
            open=count,
            open_seconds=self._seconds(ticks),
            wakers=tuple((self._stack(stack), times) for stack, times in wakers),
        )
