"""Whether the loop of a test is ever blocked for long, and by which line.

A thread asks the loop for a sign of life; while none comes, it looks at what the loop's thread is
doing. Three things look like a blocked loop and are not. The loop sleeps in its selector: then its
innermost frame is asyncio's own. The machine is busy and gives the thread no processor: Linux says
how long a thread waited for one, and that time is taken off. The watching thread itself got none:
elsewhere than on Linux, time counts only as far as this thread was awake to see it.

A block shorter than the limit is never reported; one that is longer by two looks (a quarter of the
limit each) always is, on Linux. There a call that holds the interpreter's lock is found as well. It
keeps this thread from looking; but then the loop's thread has used a processor all that time.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snowshed._pytest_plugin._findings import Call, Place, stack_of, user_place

LOOKS_PER_LIMIT = 4
SHORTEST_LOOK = 0.001
# A loop that waits for events, or is between two callbacks, has one of these as innermost frame.
_LOOPS_OWN = frozenset(
    {"selectors", "asyncio.base_events", "asyncio.runners", "asyncio.windows_events"}
)
_now = time.perf_counter


def blocked_for(elapsed: float, starved: float | None, seen: float) -> float:
    """Return how long a loop was blocked, in seconds, as far as it can be proved.

    Args:
        elapsed: since the loop was asked for a sign of life.
        starved: how much of that its thread waited for a processor; None where nobody says.
        seen: how much of that the watching thread was awake.
    """
    return min(elapsed, seen) if starved is None else max(elapsed - starved, 0.0)


@dataclass(frozen=True, slots=True)
class Block:
    """The longest block that was seen: its length in seconds, and the line seen most often."""

    seconds: float
    place: Place | None


class _Watched:
    """One loop, and the sign of life that it owes."""

    def __init__(self, loop: Any, thread: int | None) -> None:
        self.loop = loop
        self._thread = self._seen_on = thread
        self._asked: float | None = None
        self._answered: float | None = None
        self._before: _Schedule | None = None
        self._last: _Schedule | None = None
        self._looks = 0
        self._seen: Counter[Place | None] = Counter()

    def thread(self) -> int | None:
        """Return the thread that runs the loop; None while none does."""
        self._seen_on = self._thread or getattr(self.loop, "_thread_id", None)
        return self._seen_on

    def ask(self, thread: int) -> None:
        """Ask for a sign of life."""
        self._answered = None
        self._looks = 0
        self._seen.clear()
        self._before = _schedule(thread)
        self._asked = _now()
        self.loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._answered = _now()

    def stack(self) -> list[Call]:
        """Return what the loop's thread is doing; nothing while no thread runs the loop."""
        thread = self.thread()
        return stack_of(sys._current_frames().get(thread)) if thread is not None else []

    def look(self, stack: list[Call], pause: float, root: Path, late: float) -> Block | None:
        """Return how long the loop has been blocked by now; None if it is not.

        ``late`` is how much later than planned this look comes, in seconds, with a processor free.
        """
        thread = self._seen_on
        if not stack or thread is None:
            self._asked = None
            return None
        now, before = _schedule(thread), self._last or self._before
        self._last = now
        if late > pause and before is not None and now is not None:
            # Somebody held the interpreter's lock, so that nobody could look. Was it the loop?
            held = min(late, now.used - before.used)
            if held > pause:
                return Block(held, user_place(stack, root))
        if self._asked is None:
            self.ask(thread)
            return None
        if self._answered is None:
            if stack[0].module in _LOOPS_OWN:
                return None
            self._looks += 1
            self._seen[user_place(stack, root)] += 1
        block = self.so_far(self._asked, thread, pause)
        if self._answered is not None:
            self.ask(thread)
        return block

    def last_look(self, pause: float) -> Block | None:
        """Return the same when this thread runs the loop, and nothing more will be asked."""
        return self.so_far(self._asked, threading.get_ident(), pause) if self._asked else None

    def so_far(self, asked: float, thread: int, pause: float) -> Block | None:
        """Return how long the loop has been blocked, or was until its sign of life."""
        elapsed = (self._answered or _now()) - asked
        now, before = _schedule(thread), self._before
        waited = None if now is None or before is None else now.waited - before.waited
        seconds = blocked_for(elapsed, waited, (self._looks + 1) * pause)
        most = self._seen.most_common(1)
        return Block(seconds, most[0][0]) if most else None


@dataclass(frozen=True, slots=True)
class _Schedule:
    """What Linux says of a thread: seconds that it used a processor, and that it waited for one."""

    used: float
    waited: float


def _schedule(thread: int) -> _Schedule | None:
    native = next((each.native_id for each in threading.enumerate() if each.ident == thread), None)
    try:
        # pathlib would be slower, and tests may have replaced what it opens files with.
        with open(f"/proc/self/task/{native}/schedstat", encoding="ascii") as file:  # noqa: PTH123
            used, waited, _ = file.read().split()
        return _Schedule(int(used) / 1e9, int(waited) / 1e9)
    except (OSError, ValueError):
        return None


class Watchdog:
    """Looks at the loops of one test while it runs.

    Attributes:
        limit: seconds that a loop may be blocked.
        worst: the longest block; None if none was seen.
    """

    def __init__(self, limit: float, root: Path) -> None:
        self.limit = limit
        self.worst: Block | None = None
        self._root = root
        self._pause = max(limit / LOOKS_PER_LIMIT, SHORTEST_LOOK)
        self._watched: list[_Watched] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._runner = threading.Thread(target=self._run, name="snowshed-no-blocking", daemon=True)
        self._runner.start()

    def watch(self, loop: asyncio.AbstractEventLoop, *, running: bool) -> None:
        """Look at ``loop`` from now on; ``running`` when this thread is running it."""
        watched = _Watched(loop, threading.get_ident() if running else None)
        with self._lock:
            if running:
                watched.ask(threading.get_ident())
            else:
                # Asked by the loop's first callback, so that a block in its first step counts.
                loop.call_soon(self._begin, watched)
            self._watched.append(watched)

    def _begin(self, watched: _Watched) -> None:
        with self._lock:
            watched.ask(threading.get_ident())

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at ``loop`` no longer: what happens now is not the test's doing."""
        with self._lock:
            for watched in [each for each in self._watched if each.loop is loop]:
                self._watched.remove(watched)
                self._note(watched.last_look(self._pause))

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        self._runner.join()

    def _run(self) -> None:
        last, before = _now(), _schedule(threading.get_ident())
        while not self._over.wait(self._pause):
            # First of all: whatever waits for a file lets the loop go on.
            stacks = [(watched, watched.stack()) for watched in list(self._watched)]
            now, schedule = _now(), _schedule(threading.get_ident())
            late = now - last - self._pause
            if schedule is not None and before is not None:
                late -= schedule.waited - before.waited
            last, before = now, schedule
            with self._lock:
                for watched, stack in stacks:
                    if watched not in self._watched:
                        continue
                    # A loop that was closed in the meantime takes no more questions.
                    with contextlib.suppress(RuntimeError):
                        self._note(watched.look(stack, self._pause, self._root, late))

    def _note(self, block: Block | None) -> None:
        longest = 0.0 if self.worst is None else self.worst.seconds
        if block is not None and block.seconds > max(longest, self.limit):
            self.worst = block
