"""Where goroutines waited and for how long, of which nothing is left in a list of those that wait.

A dump shows who waits now. Block and mutex profiles, and execution traces, have counted the waits
that are over: a line where thousands of waits have ended is busy, however many stand there at the
moment, and one where each took seconds is slow.

What they do not tell: a wait that never ends is not in a profile at all. A block profile has
idle workers in it, which wait as they should. A mutex profile names the line that let go of a lock,
not those who waited for it. And both are empty unless the program has asked for them
(``runtime.SetBlockProfileRate``, ``SetMutexProfileFraction``); they count from its start, so that
two of them tell what was in between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from snowshed._many import many
from snowshed.doctor._program import Whose, place_in, whose
from snowshed.doctor._traced import word_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snowshed.model import BlockedAt, Frame, GoTrace, Profile, Stack

__all__ = ["HELD", "Waited", "between", "in_profile", "in_trace", "is_contention"]

HELD = "held"
"""In place of a state: not who waited, but who let go of what was waited for."""
_TYPES = ["contentions", "delay"]
_LETS_GO = frozenset({"Unlock", "RUnlock", "unlockSlow", "rUnlockSlow", "unlock", "unlock2"})
_WAITS_IN = {
    "runtime.chansend1": "chan send",
    "runtime.chanrecv1": "chan receive",
    "runtime.chanrecv2": "chan receive",
    "runtime.selectgo": "select",
}


class _Key(NamedTuple):
    told_by: str
    state: str
    at: Frame


@dataclass(frozen=True, slots=True)
class Waited:
    """Waits at one line that are over.

    Attributes:
        at: the line of the program.
        state: what for, in the words of dumps; `HELD` for the line that has ended them.
        told_by: ``trace``, ``block profile`` or ``mutex profile``.
        count: how many.
        seconds: that they took together.
        woken_at: the line of the program that has ended most of them; None: not told.
    """

    at: Frame
    state: str
    told_by: str
    count: int
    seconds: float
    woken_at: Frame | None = None

    @property
    def each(self) -> float:
        """Seconds that one took on average."""
        return self.seconds / self.count if self.count else 0.0

    @property
    def is_lock(self) -> bool:
        """Whether somebody waited for a lock."""
        return self.state == HELD or self.state.startswith(("sync.Mutex", "sync.RWMutex"))

    def __str__(self) -> str:
        waits = many(self.count, "wait")
        ended = f"{waits} ended here" if self.state == HELD else f"{waits} at this line ended"
        return f"{ended}, after {_duration(self.each)} on average ({self.told_by})"


def is_contention(profile: Profile) -> bool:
    """Tell whether a profile counts waits."""
    return [each.type for each in profile.sample_types] == _TYPES


def in_profile(profile: Profile) -> tuple[Waited, ...]:
    """Return the waits of a block or mutex profile, those first that took the most time."""
    held = any(_lets_go(sample.stack) for sample in profile.samples)
    told_by = "mutex profile" if held else "block profile"
    return _added(
        Waited(
            place_in(sample.stack),
            HELD if held else word_for(_reason(sample.stack), sample.stack),
            told_by,
            sample.values[0],
            sample.values[1] / 1e9,
        )
        for sample in profile.samples
        if sample.stack
    )


def in_trace(trace: GoTrace) -> tuple[Waited, ...]:
    """Return the waits of a trace that began and ended in it, but calls of the system."""
    return _added(
        Waited(
            place_in(each.stack),
            word_for(each.reason, each.stack),
            "trace",
            each.count,
            each.seconds,
            _waker(each),
        )
        for each in trace.blocked
        if each.count and each.stack and each.reason != "syscall"
    )


def _waker(blocked: BlockedAt) -> Frame | None:
    places = (place_in(stack) for stack, _ in blocked.wakers if stack)
    return next((place for place in places if whose(place) is Whose.PROGRAM), None)


def between(first: Iterable[Waited], last: Iterable[Waited]) -> tuple[Waited, ...]:
    """Return what came to it from one profile to a later one of the same kind."""
    before = {_key(each): each for each in first}
    return _added(_since(before.get(_key(each)), each) for each in last)


def _since(before: Waited | None, now: Waited) -> Waited:
    if before is None or before.count > now.count:
        return now  # the process was started anew
    return replace(now, count=now.count - before.count, seconds=now.seconds - before.seconds)


def _added(waits: Iterable[Waited]) -> tuple[Waited, ...]:
    """Put those of one line together."""
    found: dict[_Key, Waited] = {}
    for each in waits:
        if each.count > 0:
            key = _key(each)
            known = found.get(key)
            if known is not None:
                total = known.seconds + each.seconds
                each = replace(each, count=known.count + each.count, seconds=total)  # noqa: PLW2901
            found[key] = each
    return tuple(sorted(found.values(), key=lambda each: -each.seconds))


def _key(waited: Waited) -> _Key:
    return _Key(waited.told_by, waited.state, waited.at)


def _lets_go(stack: Stack) -> bool:
    return bool(stack) and stack[0].function.rpartition(".")[2] in _LETS_GO


def _reason(stack: Stack) -> str:
    """Return what a trace would call the reason of a wait in a block profile."""
    return next(_reasons(stack), "sync")


def _reasons(stack: Stack) -> Iterator[str]:
    for frame in stack[:3]:
        if frame.function in _WAITS_IN:
            yield _WAITS_IN[frame.function]


def _duration(seconds: float) -> str:
    for unit, name in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{1e6 * seconds:.3g} us"
