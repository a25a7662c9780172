"""Sending profiles without anybody waiting for it, and without end if nobody takes them.

A profile is worth little, and the service everything. So what is to be sent stands in a queue that
is bounded in number and in bytes; when it is full the oldest goes, counted. A thread of its own
encodes and sends. A target that is down is asked again after a pause that doubles up to a minute,
drawn at random so that a fleet does not come back in step. Everything that becomes of a profile
has a counter.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from snowshed.observe._background import Background, Rest

__all__ = ["NotSent", "Packet", "Target", "UploadStatistics", "Uploader", "backoff"]

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
LONGEST_ASKED = 300.0
IDLE = 60.0
UNPACKED_AT_MOST = 8
# Shortest time between two lines of the log that say the same.
TOLD_AGAIN = 600.0

logger = logging.getLogger("snowshed.observe")


@dataclass(frozen=True, slots=True)
class Packet:
    """A profile as it is sent.

    Attributes:
        kind: ``wall`` or ``block``.
        body: gzip'd protobuf.
        began: seconds since 1970 from which it tells.
        ended: seconds since 1970 up to which it tells.
    """

    kind: str
    body: bytes
    began: float
    ended: float


class NotSent(Exception):  # noqa: N818 - it says what, not that
    """A packet did not arrive.

    Args:
        detail: for the log; no secrets.
        final: another attempt would not help.
        after: seconds that the server asks to wait.
    """

    def __init__(self, detail: str, *, final: bool = False, after: float | None = None) -> None:
        super().__init__(detail)
        self.final = final
        self.after = after


class Target(Protocol):
    """What takes packets."""

    def send(self, packet: Packet) -> None:
        """Deliver it; raises `NotSent`."""
        ...

    def rest(self) -> None:
        """Let go of what is only needed while packets are sent."""
        ...

    def after_fork(self) -> None:
        """Let go, in the child, of what a thread of the parent may use just now."""
        ...


Pack: TypeAlias = Callable[[], Packet]


def backoff(failures: int, asked: float | None, chance: float) -> float:
    """Return the seconds until the next attempt.

    Args:
        failures: attempts that failed since the last that did not, 1 or more.
        asked: seconds that the server has asked for.
        chance: from 0 to 1, drawn.
    """
    ceiling = min(FIRST_PAUSE * 2.0 ** min(failures - 1, 16), LONGEST_PAUSE)
    return max(ceiling * (0.5 + 0.5 * chance), min(asked or 0.0, LONGEST_ASKED))


@dataclass(frozen=True, slots=True)
class UploadStatistics:
    """What became of the profiles.

    Attributes:
        submitted: handed over to be sent.
        sent: arrived.
        bytes: size of those that arrived.
        retried: attempts that failed and were to be repeated.
        failed: refused for good, or could not be encoded.
        dropped: gone because the queue was full.
        queued: wait to be sent.
        last_error: of the last attempt that failed; empty if none did. Holds no secrets.
    """

    submitted: int
    sent: int
    bytes: int
    retried: int
    failed: int
    dropped: int
    queued: int
    last_error: str


class Uploader:
    """Sends packets to a target from a daemon thread, in order, the oldest first.

    Args:
        target: where to.
        most: packets that wait at most.
        most_bytes: their size at most.
        clock: monotonic seconds.
        chance: draws from 0 to 1, for the pauses.
    """

    def __init__(
        self,
        target: Target,
        *,
        most: int = 64,
        most_bytes: int = 8 * 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._target = target
        self._most = most
        self._most_bytes = most_bytes
        self._clock = clock
        self._chance = chance
        self._closing = False
        self._begin()
        self._thread = Background("snowshed-upload", self.run, self._in_child)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._unpacked: deque[Pack] = deque()
        self._queue: deque[Packet] = deque()
        self._queued_bytes = 0
        self._failures = 0
        self._not_before = float("-inf")
        self._submitted = self._sent = self._bytes = 0
        self._retried = self._failed = self._dropped = 0
        self._last_error = ""
        self._told = ""
        self._told_at = float("-inf")
        self._is_told = False

    def __repr__(self) -> str:
        return f"<Uploader to {self._target} queued={len(self._queue)} sent={self._sent}>"

    def start(self) -> None:
        """Start the thread, unless it runs."""
        self._closing = False
        self._thread.start()

    def close(self, timeout: float = 2.0) -> None:
        """Stop the thread after one more attempt; wait at most ``timeout`` seconds for it."""
        self._closing = True
        self._thread.stop(timeout)

    def submit(self, pack: Pack) -> None:
        """Have what ``pack`` returns sent; it is called in the thread. From any thread, at once."""
        with self._lock:
            self._submitted += 1
            self._unpacked.append(pack)
            if len(self._unpacked) > UNPACKED_AT_MOST:
                self._unpacked.popleft()
                self._dropped += 1
        self._thread.wake()

    def run(self, rest: Rest) -> None:
        """Send until ``rest`` says that it is over; the body of the thread."""
        wait = 0.0
        while not rest(wait):
            wait = self.step(self._clock())
        if self._closing:
            self._not_before = float("-inf")
            self.step(self._clock())

    def step(self, now: float) -> float:
        """Send what is there, up to the first failure; return the seconds until the next step."""
        self._pack_all()
        if now < self._not_before:
            return self._not_before - now
        try:
            while (packet := self._take()) is not None:
                pause = self._attempt(packet)
                if pause:
                    self._not_before = now + pause
                    return pause
        finally:
            self._target.rest()
        return IDLE

    def _attempt(self, packet: Packet) -> float:
        """Send one; return for how long to leave the target alone."""
        try:
            self._target.send(packet)
        except NotSent as error:
            return self._not_sent(packet, error)
        except Exception as error:  # noqa: BLE001 - the thread must go on
            msg = f"{self._target}: {type(error).__name__} while sending"
            return self._not_sent(packet, NotSent(msg, final=True))
        if self._is_told:
            logger.info("profiles arrive again at %s", self._target)
        self._failures, self._is_told = 0, False
        self._sent += 1
        self._bytes += len(packet.body)
        return 0.0

    def _not_sent(self, packet: Packet, error: NotSent) -> float:
        self._last_error = str(error)
        self._failures += 1
        if self._failures == 1:
            self._tell(self._last_error)
        if error.final:
            self._failed += 1
        else:
            self._retried += 1
            with self._lock:
                self._queue.appendleft(packet)
                self._queued_bytes += len(packet.body)
                self._make_room()
        return backoff(self._failures, error.after, self._chance())

    def _tell(self, what: str) -> None:
        # A target that takes one kind of profile and not the other would fill the log.
        now = self._clock()
        if what == self._told and now - self._told_at < TOLD_AGAIN:
            return
        self._told, self._told_at, self._is_told = what, now, True
        logger.warning("a profile could not be sent: %s", what)

    def _take(self) -> Packet | None:
        with self._lock:
            if not self._queue:
                return None
            packet = self._queue.popleft()
            self._queued_bytes -= len(packet.body)
            return packet

    def _pack_all(self) -> None:
        while self._unpacked:
            with self._lock:
                pack = self._unpacked.popleft()
            try:
                packet = pack()
            except Exception:
                self._failed += 1
                if self._failed == 1:
                    logger.exception("a profile could not be encoded")
                continue
            with self._lock:
                self._queue.append(packet)
                self._queued_bytes += len(packet.body)
                self._make_room()

    def _make_room(self) -> None:
        queue = self._queue
        while queue and (len(queue) > self._most or self._queued_bytes > self._most_bytes):
            self._queued_bytes -= len(queue.popleft().body)
            self._dropped += 1

    def _in_child(self) -> None:
        # What waits is the parent's to send.
        self._begin()
        self._target.after_fork()

    def statistics(self) -> UploadStatistics:
        """Return the totals so far; from any thread."""
        return UploadStatistics(
            submitted=self._submitted,
            sent=self._sent,
            bytes=self._bytes,
            retried=self._retried,
            failed=self._failed,
            dropped=self._dropped,
            queued=len(self._unpacked) + len(self._queue),
            last_error=self._last_error,
        )
