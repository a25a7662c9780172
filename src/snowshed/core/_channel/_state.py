"""What both sides of a channel share, and every rule that does not wait.

No method here awaits or looks at the clock: each one changes the state, wakes whom the change
concerns and returns. The essay in `__init__.py` says what the rules are for. Four things hold
between any two calls, and every method restores them:

1. While a receiver waits, every element in the buffer is reserved for a receiver already woken.
2. While a sender waits, there is no place for its element: demand is used up, or the buffer is full
   and nobody waits to receive (nobody but the same `select`, which cannot deal with itself).
3. When every sender has closed and nothing is left to deliver, no receiver waits.
4. When the receiving side has cancelled, nobody waits and the buffer is empty.

Reservations, not gifts. asyncio can cancel a task between the moment it is woken and the moment it
runs. An element carried by the future would then have to be given back, and two elements given
back by two tasks come back in the wrong order. Here a woken receiver owns a *reservation*: the
element leaves the buffer when the receiver really runs, so giving back is a subtraction and
first-in-first-out cannot break.

The short way. Most of the time nobody waits, and an operation is one call on the deque. `send` may
append without asking while the buffer is shorter than `send_until`, and `receive` may pop without
asking while fewer than `take_until` elements were received. Both are set by the last operation that
went the long way, never beyond what fairness allows, and are cleared by whatever could make them
wrong.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from snowshed.core._channel._statistics import ChannelStatistics, Overflow
from snowshed.core._channel._waiters import NOTHING, Nothing, Waiter, WaitLine

T = TypeVar("T")

# Sends, and receives, on one channel between two turns of the loop; the essay says why.
STRETCH: Final = 128

logger = logging.getLogger("snowshed.core")


class ChannelState(Generic[T]):
    """The buffer, the two lines of waiting operations and the counters of one channel."""

    __slots__ = (
        "__weakref__",
        "_complained",
        "_discarded",
        "_dropped",
        "_on_undelivered",
        "_receivers",
        "_reserved",
        "_senders",
        "_sends_end",
        "_takes_end",
        "_undelivered",
        "buffer",
        "cancelled",
        "capacity",
        "cause",
        "cause_traceback",
        "demand",
        "name",
        "open_receivers",
        "open_senders",
        "overflow",
        "received",
        "send_until",
        "take_until",
    )

    def __init__(
        self,
        capacity: int,
        overflow: Overflow,
        name: str,
        on_undelivered: Callable[[T], object] | None,
    ) -> None:
        self.capacity = capacity
        self.overflow: Overflow = overflow
        self.name = name
        self._on_undelivered = on_undelivered
        self._complained = False
        self.buffer: deque[T] = deque()
        self._reserved = 0  # so many elements belong to receivers that were woken and did not run
        self._senders: WaitLine[T] = WaitLine()
        self._receivers: WaitLine[T] = WaitLine()
        self.demand: float | None = None
        self.send_until = self.take_until = 0
        self._sends_end = self._takes_end = STRETCH
        self.open_senders = self.open_receivers = 1
        self.cancelled = False
        self.cause: Exception | None = None
        self.cause_traceback: TracebackType | None = None
        self.received = self._dropped = self._discarded = self._undelivered = 0

    @property
    def sent(self) -> int:
        """Sends that ended well; derived, because the short way has no time to count them."""
        return self.received + len(self.buffer) + self._dropped + self._discarded

    # -- sending

    def sender_must_rest(self) -> bool:
        """Tell whether the loop must have a turn before this send, and start counting anew."""
        if self.sent < self._sends_end:
            return False
        self._sends_end = self.sent + STRETCH
        return True

    def offer(self, element: T) -> bool:
        """Accept ``element``, or lose one as ``overflow`` says; False: the sender has to wait."""
        if self.demand is not None and self.demand < 1:
            return self._overflows(element)
        if not (self._receivers and self._reserve()) and self._free_places() <= 0:
            return self._overflows(element)
        self._accept(element)
        self._open_short_way()
        return True

    def _free_places(self) -> int:
        return self.capacity + self._reserved - len(self.buffer)

    def _accept(self, element: T) -> None:
        self.buffer.append(element)
        if self.demand is not None:
            self.demand -= 1

    def _open_short_way(self) -> None:
        if self._receivers or self.demand is not None:
            return
        places = min(self._free_places(), self._sends_end - self.sent)
        self.send_until = len(self.buffer) + places

    def _overflows(self, element: T) -> bool:
        if self.overflow == "suspend":
            return False
        lost = element
        if self.overflow == "drop_oldest" and len(self.buffer) > self._reserved:
            lost = self._pull_oldest()
            self.buffer.append(element)  # takes over the place of the lost one, and its demand
        self._dropped += 1
        self.lose(lost)
        return True

    def _pull_oldest(self) -> T:
        oldest = self.buffer[self._reserved]
        del self.buffer[self._reserved]
        return oldest

    def park_sender(self, waiter: Waiter[T]) -> None:
        """Let a sender wait for a place."""
        self.take_until = 0
        self._sends_end = self.sent + STRETCH
        self._senders[waiter] = None

    def leave_sender(self, waiter: Waiter[T]) -> None:
        """Take a sender out of the line, if it is still there."""
        self._senders.pop(waiter, None)
        self._end_if_over()

    def _admit(self, hands: int = 0) -> None:
        """Accept from waiting senders into free places, and into the ``hands`` of who receives."""
        while self._senders and (self.demand is None or self.demand >= 1):
            sender = self._next_sender(hands)
            if sender is None:
                return
            del self._senders[sender]
            sender.wake(granted=True)
            self._accept(sender.element)
            if self._receivers:
                self._reserve()

    def _next_sender(self, hands: int) -> Waiter[T] | None:
        if self._free_places() + hands > 0:
            return self._senders.first()
        if self._receivers:
            for sender in self._senders:
                if not sender.turn.done() and self._receivers.has_other_than(sender.turn):
                    return sender
        return None

    # -- receiving

    def receiver_must_rest(self) -> bool:
        """Tell whether the loop must have a turn before this receive, and start counting anew."""
        if self.received < self._takes_end:
            return False
        self._takes_end = self.received + STRETCH
        return True

    def take(self) -> T | Nothing:
        """Return the next element, or NOTHING if the receiver has to wait."""
        if self._senders and len(self.buffer) <= self._reserved:
            self._admit(hands=1)
        if len(self.buffer) <= self._reserved:
            return NOTHING
        self.received += 1
        element = self.buffer.popleft()
        if self._senders:
            self._admit()
        self.take_until = 0 if self._senders or self._reserved else self._takes_end
        self.send_until = 0  # else a task that sends and takes by turns would never rest
        return element

    def collect(self) -> T:
        """Return the element that was reserved when this receiver was woken."""
        self._reserved -= 1
        self.send_until = 0
        self.received += 1
        element = self.buffer.popleft()
        if not self.open_senders:
            self._end_if_over()
        return element

    def park_receiver(self, waiter: Waiter[T]) -> None:
        """Let a receiver wait for an element."""
        self.send_until = 0
        self._takes_end = self.received + STRETCH
        self._receivers[waiter] = None

    def leave_receiver(self, waiter: Waiter[T]) -> None:
        """Take a cancelled receiver out of the line, or free the element reserved for it."""
        self._receivers.pop(waiter, None)
        if waiter.granted and not self.cancelled:
            self._release()

    def _reserve(self) -> bool:
        """Wake the first waiting receiver for an element that is there or about to be."""
        receiver = self._receivers.first()
        if receiver is None:
            return False
        del self._receivers[receiver]
        self._reserved += 1
        self.take_until = 0
        receiver.wake(granted=True)
        return True

    def _release(self) -> None:
        self._reserved -= 1
        self.send_until = 0
        if self._receivers and self._reserve():
            return
        # The element that nobody owns any more may be one too many. Senders wait until it is taken;
        # a channel whose senders never wait sheds, as it would have done without the receiver.
        while self.overflow == "drop_oldest" and self._free_places() < 0:
            self._dropped += 1
            self.lose(self._pull_oldest())

    def request(self, n: float) -> None:
        """Allow ``n`` more elements; the first call counts what is buffered already."""
        self.send_until = 0
        self.demand = n - len(self.buffer) if self.demand is None else self.demand + n
        self._admit()

    # -- the end

    @property
    def ended(self) -> bool:
        """Whether every sender has closed and nothing is left to deliver."""
        return not (self.open_senders or self.buffer) and self._senders.first() is None

    def close_sender(self, cause: Exception | None) -> None:
        """Close one sending handle; the first cause given is the one that receivers get."""
        self.open_senders -= 1
        if self.cause is None and cause is not None:
            self.cause, self.cause_traceback = cause, cause.__traceback__
        self._end_if_over()

    def _end_if_over(self) -> None:
        if not self.open_senders and self.ended:
            self._refuse(self._receivers)

    def close_receiver(self, owner: object) -> None:
        """Close one receiving handle and wake who waits through it; the last one cancels."""
        self.open_receivers -= 1
        if not self.open_receivers:
            self.cancel()
        self._refuse(self._receivers, owner)

    def cancel(self) -> None:
        """Refuse everybody, now and later, and lose what is buffered."""
        self.cancelled = True
        self.send_until = 0
        self._refuse(self._senders)
        self._refuse(self._receivers)
        lost = list(self.buffer)
        self.buffer.clear()
        self._reserved = 0
        self._discarded += len(lost)
        for element in lost:
            self.lose(element)

    def _refuse(self, line: WaitLine[T], owner: object = None) -> None:
        for waiter in list(line):
            if owner is None or waiter.owner is owner:
                del line[waiter]
                if not waiter.turn.done():  # a select may stand here twice
                    waiter.wake(granted=False)

    # -- the account

    def lose(self, element: T) -> None:
        """Report an element that no receiver will get.

        Called after the state is consistent again, because the callback may use the channel.
        """
        self._undelivered += 1
        if self._on_undelivered is None:
            return
        try:
            self._on_undelivered(element)
        except Exception:
            if not self._complained:
                self._complained = True
                logger.exception(
                    "on_undelivered of channel %r must not raise; it will be called again, "
                    "but its further failures are not logged",
                    self.name,
                )

    def why_no_place(self) -> str:
        """Say why `offer` returned False."""
        if self.demand is not None and self.demand < 1:
            return f"channel {self.name!r} has no demand left; its receiver has to request more"
        if self.capacity == 0:
            return f"channel {self.name!r} has no receiver waiting"
        return f"channel {self.name!r} is full ({len(self.buffer)} of {self.capacity} buffered)"

    def statistics(self) -> ChannelStatistics:
        """Return the counters and the state of this moment."""
        return ChannelStatistics(
            name=self.name,
            capacity=self.capacity,
            overflow=self.overflow,
            buffered=len(self.buffer),
            waiting_senders=len(self._senders.live()),
            waiting_receivers=len(self._receivers.live()),
            sent=self.sent,
            received=self.received,
            dropped=self._dropped,
            undelivered=self._undelivered,
            demand=self.demand,
            open_senders=self.open_senders,
            open_receivers=self.open_receivers,
            closed=self.cancelled or not self.open_senders,
        )


# What the short way of a closed handle looks at: it never lets anybody through.
CLOSED: Final[ChannelState[Any]] = ChannelState(0, "suspend", "closed", None)
