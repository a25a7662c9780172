"""What an execution trace of Go shows of goroutines, in the words of dumps, and what they did.

A trace ends with a list of all goroutines, as a dump is one, but it has fewer words: ``sync`` for
all locks, ``network`` where a dump says ``IO wait``. The innermost calls tell the rest, so that a
group in a trace is the same group in a dump or a profile.

And it shows what no dump can: who moved. A goroutine to which nothing happened for seconds stood
still, while one that a dump finds at the same place twice may have been around in between. Those
that were created, and have not ended, are growth within the trace.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from snowshed.doctor._program import without_runtime
from snowshed.doctor._semaphores import waits_for
from snowshed.formats.goroutines import state_in
from snowshed.model import Ancestor, Goroutine, Stack

if TYPE_CHECKING:
    from snowshed.model import GoTrace, TracedGoroutine

__all__ = ["Motion", "goroutines_in", "lists_all", "motions_in", "word_for"]

K = TypeVar("K", bound=Hashable)

# Before, only those were in a trace that something happened to.
_LISTS_ALL_FROM = 23
_WORDS = {
    "network": "IO wait",
    "sync": "semacquire",
    "sync.(*Cond).Wait": "sync.Cond.Wait",
    "synctest": "synctest.Wait",
    "GC mark assist wait for work": "GC assist wait",
    "GC background sweeper wait": "GC sweep wait",
    "wait until GC ends": "wait for GC cycle",
}
# What "forever" is, by the innermost of these calls.
_FOREVER = {
    "runtime.chansend1": "chan send (nil chan)",
    "runtime.chansend": "chan send (nil chan)",
    "runtime.chanrecv1": "chan receive (nil chan)",
    "runtime.chanrecv2": "chan receive (nil chan)",
    "runtime.chanrecv": "chan receive (nil chan)",
    "runtime.block": "select (no cases)",
}
_INNERMOST = 6
# Of the runtime, and yet of the program: the other side of `iter.Pull`.
_OF_THE_PROGRAM = frozenset({"runtime.main", "runtime.corostart"})


@dataclass(slots=True)
class Motion:
    """What those did, while they were traced, that stand at one place in the end.

    Attributes:
        seconds: that the trace covers.
        still: older than the trace, and nothing happened to them in it.
        moved: older, and something did.
        born: created in it.
        created: all that were created in the same ways as those, whether they live or not.
        ended: of those, how many have ended.
        gone: older ones that ran the same functions, and have ended.
        passed: waits at this place that have ended.
    """

    seconds: float
    still: int = 0
    moved: int = 0
    born: int = 0
    created: int = 0
    ended: int = 0
    gone: int = 0
    passed: int = 0

    @property
    def gained(self) -> int:
        """How many more there are at the end.

        0 if most of what is created there also ends, or gets through: then it is load that grows.
        """
        gets_on = 2 * self.ended > self.created or self.passed >= max(self.born, 1)
        return 0 if gets_on else max(self.born - self.gone, 0)

    @property
    def before(self) -> int:
        """How many there were when it began; as many as at its end if no more are `gained`."""
        return self.still + self.moved + self.born - self.gained

    @property
    def stood_still(self) -> float:
        """Which part of those that are older did not move."""
        older = self.still + self.moved
        return self.still / older if older else 0.0


def lists_all(trace: GoTrace) -> bool:
    """Tell whether a trace lists all goroutines that lived at its end."""
    return trace.version >= _LISTS_ALL_FROM and not trace.left_out


def goroutines_in(trace: GoTrace) -> Iterator[tuple[TracedGoroutine, Goroutine]]:
    """Yield each that lived at the end, but those of the runtime, also as a dump would list it."""
    stacks: dict[int, Stack] = {}
    for each in trace.goroutines:
        if each.function.startswith("runtime.") and each.function not in _OF_THE_PROGRAM:
            continue
        # Many have the same stack, and it is the same object.
        shown = stacks.get(id(each.stack))
        if shown is None:
            shown = stacks[id(each.stack)] = tuple(without_runtime(each.stack))
        yield each, _listed(each, shown)


def motions_in(trace: GoTrace, places: list[tuple[TracedGoroutine, K]]) -> dict[K, Motion]:
    """Return what goroutines did, by the places at which they stand."""
    motions: dict[K, Motion] = defaultdict(lambda: Motion(trace.seconds))
    ways: dict[K, set[tuple[int, str]]] = defaultdict(set)
    functions: dict[K, set[str]] = defaultdict(set)
    for each, place in places:
        motion = motions[place]
        functions[place].add(each.function)
        if each.created_after is not None:
            motion.born += 1
            ways[place].add((id(each.created_at), each.function))
        elif each.moved:
            motion.moved += 1
        else:
            motion.still += 1
    created: Counter[tuple[int, str]] = Counter()
    ended: Counter[tuple[int, str]] = Counter()
    gone: Counter[str] = Counter()
    for path in trace.paths:
        if path.older:
            gone[path.function] += path.count - path.live
        else:
            way = id(path.stack), path.function
            created[way] += path.count
            ended[way] += path.count - path.live
    for place, motion in motions.items():
        motion.created = sum(created[way] for way in ways[place])
        motion.ended = sum(ended[way] for way in ways[place])
        motion.gone = sum(gone[function] for function in functions[place])
    return dict(motions)


def word_for(reason: str, stack: Stack) -> str:
    """Return the word that a dump has for a wait that a trace calls ``reason``."""
    if reason != "forever":
        return waits_for(_WORDS.get(reason, reason), stack)
    inner = (_FOREVER.get(frame.function) for frame in stack[:_INNERMOST])
    return next(filter(None, inner), "waiting")


def _listed(each: TracedGoroutine, stack: Stack) -> Goroutine:
    made = each.created_at
    ancestors: tuple[Ancestor, ...] = ()
    if made and each.creator is not None:
        ancestors = (Ancestor(each.creator, made),)
    return Goroutine(
        each.id,
        _state(each),
        stack,
        created_by=made[0] if made else None,
        parent=each.creator,
        ancestors=ancestors,
    )


def _state(each: TracedGoroutine) -> str:
    from snowshed.model import GoState  # noqa: PLC0415 - few diagnose traces

    if each.state is not GoState.WAITING:
        return str(each.state)
    # A wait that was on when the trace began has no reason, but all calls of the runtime.
    if each.reason:
        return word_for(each.reason, each.stack)
    return state_in(each.stack) if each.stack else "waiting"
