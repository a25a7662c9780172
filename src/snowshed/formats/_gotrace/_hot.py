"""The part that is run for each event: bytes to numbers, numbers to moves, moves to states.

Flat on purpose: a trace of 100 MB has twenty million events, and each call or object more would be
seconds. It uses nothing but integers, lists and the plain classes below, so that mypyc or Cython
can compile it as it is, for another factor of two to three.

What makes it simple is that type bytes are below 128, but for rare ones: a batch of events is one
row of numbers of variable length, and can be split into them before anything is understood. And who
runs on a thread is told by that thread's own events alone; nothing has to be known of processors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from snowshed.formats._gotrace._events import EVENTS, FIRST_OF_HEAP

__all__ = [
    "CREATE",
    "CREATE_BLOCKED",
    "CREATE_IN_SYSCALL",
    "END",
    "NO_REASON",
    "PAUSE",
    "PROCESSORS",
    "READY",
    "RESUME",
    "RUNNING",
    "STATUS",
    "SYSCALL",
    "WAITING",
    "WAKE",
    "Book",
    "Life",
    "Move",
    "Site",
    "Thread",
    "follow",
    "moves_in",
    "numbers_in",
    "numbers_with_heap_in",
]

# A move: (time << 3 | rank, goroutine, what, and up to three arguments). Two threads can write at
# the same tick; the rank then puts what must have been first before the rest.
Move: TypeAlias = tuple[int, int, int, int, int, int]

# What a move does. The first four are also the states of a goroutine.
READY: Final = 0  # 0, stack if it was interrupted
RUNNING: Final = 1
WAITING: Final = 2  # reason, stack
SYSCALL: Final = 3  # NO_REASON, stack
WAKE: Final = 4  # by which goroutine, its stack
END: Final = 5
STATUS: Final = 6  # state, stack
CREATE: Final = 7  # by which goroutine, its stack, stack of the new one
CREATE_BLOCKED: Final = 8
CREATE_IN_SYSCALL: Final = 9
PAUSE: Final = 10  # kind, stack; the goroutine is a thread, as -1 - number
RESUME: Final = 11
PROCESSORS: Final = 12  # how many

NO_REASON: Final = -1
WAKERS_AT_MOST: Final = 32

_NO_BURST: Final = (-1, -1)
_LONGEST: Final = 63  # bits of a number, before its last byte
_UNKNOWN: Final = 1 << 30
# Numbers of an event of each type, the type included; no batch has as many as the unknown ones.
SIZES: Final[list[int]] = [_UNKNOWN] * len(EVENTS)
for _kind, (_, _arguments) in enumerate(EVENTS):
    if _arguments:
        SIZES[_kind] = 1 + _arguments
# The types that move a goroutine or the whole program.
MOVES: Final[list[bool]] = [
    kind == 9 or 14 <= kind <= 27 or 45 <= kind <= 48 for kind in range(len(EVENTS))
]
# From the status in the file to a state.
_STATES: Final[list[int]] = [NO_REASON, READY, RUNNING, SYSCALL, WAITING]


class Site:
    """A reason and a place to wait: how often, how long (in ticks), and who ended it."""

    __slots__ = ("count", "reason", "stack", "ticks", "wakers")

    def __init__(self, reason: str, stack: int) -> None:
        self.reason = reason
        self.stack = stack
        self.count = 0
        self.ticks = 0
        self.wakers: dict[int, int] = {}


class Life:
    """A goroutine that lives: times in ticks, stacks by their number in the whole trace."""

    __slots__ = (
        *("born", "burst", "by", "by_stack", "children", "creator", "depth", "first_run", "id"),
        *("parent", "path"),
        *("ready", "running", "seen", "since", "site", "stack", "state", "syscall", "waiting"),
    )

    def __init__(self, id: int, state: int, now: int) -> None:  # noqa: A002 - the word for it
        self.id = id
        self.state = state
        self.seen = self.since = now
        self.born = -1  # before the trace
        self.first_run = -1
        self.path = -1
        self.creator = self.by = 0
        self.by_stack = self.stack = 0
        self.ready = self.running = self.waiting = self.syscall = 0
        self.site: Site | None = None
        # Its creator, which is kept for as long as what it has created lives.
        self.parent: Life | None = None
        self.depth = 0
        # How many live of those that it has created between two waits or calls of the system, by
        # their path and the time that it had spent so: who serves requests makes a call after each.
        self.children: dict[tuple[int, int], int] | None = None
        self.burst = _NO_BURST

    def place(self) -> int:
        """Return the number of the stack where it was last seen; 0 if that is not known."""
        return (self.site.stack if self.site is not None else 0) or self.stack


class Thread:
    """A thread of the operating system, and the goroutine that it runs; 0 for none."""

    __slots__ = ("id", "running")

    def __init__(self, id: int) -> None:  # noqa: A002 - the word for it
        self.id = id
        self.running = 0


class Book:
    """What `follow` writes to, and what it asks about the rare rest.

    Attributes:
        live: goroutines by id.
        sites: those that are known in this generation, by reason << 32 | stack.
        stacks: from their numbers in this generation to those in the whole trace.
        site: finds a site that is not in ``sites``.
        other: what to do about births, ends, statuses, pauses, and goroutines that are not known.
    """

    __slots__ = ("live", "other", "site", "sites", "stacks")

    def __init__(self, site: SiteOf, other: Other) -> None:
        self.live: dict[int, Life] = {}
        self.sites: dict[int, Site] = {}
        self.stacks: dict[int, int] = {}
        self.site = site
        self.other = other


SiteOf: TypeAlias = Callable[[int, int], Site]
Other: TypeAlias = Callable[[int, Life | None, int, int, int, int, int], None]


def numbers_in(data: bytes) -> tuple[list[int], bool]:
    """Split bytes into the numbers of variable length that they are.

    Returns:
        The numbers, and whether that was all: the last one has an end, and none has over 64 bits.
    """
    numbers: list[int] = []
    append = numbers.append
    number = shift = 0
    for byte in data:
        if byte > 127:
            if shift > _LONGEST - 1:
                return numbers, False
            number += (byte - 128) << shift
            shift += 7
        elif shift:
            append(number + (byte << shift))
            number = shift = 0
        else:
            append(byte)
    return numbers, not shift


def numbers_with_heap_in(data: bytes, at: int) -> tuple[list[int], int]:
    """Split bytes from ``at`` on into numbers, where types may be above 127: slower, and rare.

    Those types come as what they are counted from the end of `EVENTS`, so that none is taken for a
    number of which a type above 127 was the first byte.

    Returns:
        The numbers of all events up to one that is damaged or unknown, and the offset of that.
    """
    numbers: list[int] = []
    while at < len(data):
        kind, end = data[at], at + 1
        if kind >= len(EVENTS) or SIZES[kind] == _UNKNOWN:
            break
        for _ in range(SIZES[kind] - 1):
            while end < len(data) and data[end] > 127:
                end += 1
            end += 1
        arguments, whole = numbers_in(data[at + 1 : end])
        if not whole or end > len(data):
            break
        numbers.append(kind if kind < FIRST_OF_HEAP else kind - len(EVENTS))
        numbers += arguments
        at = end
    return numbers, at


def moves_in(  # noqa: C901, PLR0912, PLR0915 - a call for each type would double the time
    numbers: list[int], now: int, thread: Thread, counts: list[int], moves: list[Move]
) -> tuple[int, int]:
    """Add to ``moves`` what the events of a batch, which begins at ``now``, do.

    Return the time of the last event, and where they end: before what is damaged or unknown.
    """
    running = thread.running
    add, at, end, known = moves.append, 0, len(numbers), FIRST_OF_HEAP
    while at < end:
        kind = numbers[at]
        behind = at + (SIZES[kind] if kind < known else _UNKNOWN)
        if behind > end:
            break
        counts[kind] += 1
        now += numbers[at + 1]
        if MOVES[kind]:
            if kind == 16:
                running = numbers[at + 2]
                add((now << 3 | 3, running, RUNNING, 0, 0, 0))
            elif kind == 20:
                add((now << 3 | 1, running, WAITING, numbers[at + 2], numbers[at + 3], 0))
                running = 0
            elif kind == 21:
                add((now << 3 | 2, numbers[at + 2], WAKE, running, numbers[at + 4], 0))
            elif kind == 22:
                add((now << 3 | 1, running, SYSCALL, NO_REASON, numbers[at + 3], 0))
            elif kind == 23:
                add((now << 3 | 3, running, RUNNING, 0, 0, 0))
            elif kind in {14, 47}:
                how = CREATE if kind == 14 else CREATE_BLOCKED
                add((now << 3 | 1, numbers[at + 2], how, running, numbers[at + 4], numbers[at + 3]))
            elif 14 < kind < 19:  # 17 and 18 end the current one; 15 is a call from C
                if kind == 15:
                    running = numbers[at + 2]
                    add((now << 3 | 1, running, CREATE_IN_SYSCALL, 0, 0, 0))
                else:
                    add((now << 3 | 4, running, END, 0, 0, 0))
                    running = 0
            elif kind in {19, 24}:
                add((now << 3 | 1, running, READY, 0, numbers[at + 3] if kind == 19 else 0, 0))
                running = 0
            elif kind in {25, 48}:
                goroutine, status = numbers[at + 2], numbers[at + 4]
                state = _STATES[status] if status < 5 else NO_REASON
                add((now << 3, goroutine, STATUS, state, numbers[at + 5] if kind == 48 else 0, 0))
                if state == RUNNING or (state == SYSCALL and numbers[at + 3] == thread.id):
                    running = goroutine
            elif kind > 27:  # 45 and 46: a coroutine hands over to another
                add((now << 3 | 1, running, WAITING if kind == 45 else END, 0, 0, 0))
                running = numbers[at + 2]
                add((now << 3 | 3, running, RUNNING, 0, 0, 0))
            elif kind == 26:
                add((now << 3, -1 - thread.id, PAUSE, numbers[at + 2], numbers[at + 3], 0))
            else:
                what, count = (RESUME, 0) if kind == 27 else (PROCESSORS, numbers[at + 2])
                add((now << 3, -1 - thread.id, what, count, 0, 0))
        at = behind
    thread.running = running
    return now, at


def follow(moves: list[Move], book: Book) -> int:  # noqa: C901, PLR0912, PLR0915 - as above
    """Apply moves, in order, to the goroutines in ``book``; return how many came too late."""
    live, sites, stacks, site, other = book.live, book.sites, book.stacks, book.site, book.other
    late = 0
    for key, id_, what, first, second, third in moves:
        life = live.get(id_)
        now = key >> 3
        if life is None or what > END:
            other(now, life, id_, what, first, second, third)
            continue
        spent = now - life.since
        if spent < 0:
            late += 1
            spent = 0
        life.since = now
        state = life.state
        if state == RUNNING:
            life.running += spent
        elif state == READY:
            life.ready += spent
        else:
            if state == WAITING:
                life.waiting += spent
            else:
                life.syscall += spent
            place = life.site
            if place is not None and spent:
                place.count += 1
                place.ticks += spent
        if what == RUNNING:
            life.state = RUNNING
            if life.first_run < 0:
                life.first_run = now
        elif what == WAKE:
            life.state = READY
            life.by = first
            life.by_stack = waker = stacks.get(second, 0)
            place = life.site
            if place is not None:
                wakers = place.wakers
                if waker in wakers:
                    wakers[waker] += 1
                elif len(wakers) < WAKERS_AT_MOST:
                    wakers[waker] = 1
        elif what == END:
            other(now, life, id_, what, 0, 0, 0)
        elif what == READY:
            life.state = READY
            if second:
                life.stack = stacks.get(second, 0)
                life.site = None
        else:
            life.state = what
            life.site = sites.get(first << 32 | second) or site(first, second)
    return late
