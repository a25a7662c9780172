"""The sending side of a channel; the essay in `__init__.py` tells the whole story."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from snowshed.core._channel._clause import Clause
from snowshed.core._channel._state import CLOSED, ChannelState
from snowshed.core._channel._waiters import NOTHING, Turn, Waiter
from snowshed.errors import ClosedResourceError, WouldBlock

if TYPE_CHECKING:
    from types import TracebackType

    from snowshed.core._channel._statistics import ChannelStatistics

T_contra = TypeVar("T_contra", contravariant=True)


class SendChannel(Generic[T_contra]):
    """The side of a channel into which elements go; made by `open_channel`.

    Any number of tasks may share one handle. Where several producers end at their own time, give
    each a `clone`: the channel closes when the last of them does.

    ``async with`` closes the handle. If the block ends by an exception, receivers get that
    exception as the cause, so that a stream cut short is never taken for a complete one.
    Cancellation is no cause: who cancels a producer has decided that the stream ends here.
    """

    __slots__ = ("__weakref__", "_lane", "_state")

    def __init__(self, state: ChannelState[T_contra]) -> None:
        self._state = state
        self._lane = state

    async def send(self, element: T_contra) -> None:
        """Hand ``element`` over, and wait while there is no place for it.

        The element is given away whatever happens: when this raises, it was reported through
        ``on_undelivered``, with one exception that asyncio forces on us. If a receiver took the
        element in the very instant before the cancellation arrived, `CancelledError` is raised
        for an element that was delivered, and it is not reported.

        Raises:
            ClosedResourceError: this handle was closed, or the receivers are gone.
        """
        lane = self._lane
        if len(lane.buffer) < lane.send_until:
            lane.buffer.append(element)
            return
        await self._send_slowly(element)

    async def _send_slowly(self, element: T_contra) -> None:
        state = self._state
        waiter: Waiter[T_contra] | None = None
        try:
            if state.sender_must_rest():
                await asyncio.sleep(0)
            if self._attempt(element):
                return
            waiter = self._park(asyncio.Future(), element)
            await waiter.turn
            self._finish(waiter)
        except BaseException:
            if waiter is not None:
                state.leave_sender(waiter)
            if waiter is None or not waiter.granted:
                state.lose(element)
            raise

    def send_nowait(self, element: T_contra) -> None:
        """Hand ``element`` over if that is possible at once.

        When this raises, nothing has changed and the element still belongs to the caller: it is
        not reported as undelivered. Never lets the loop run: a long burst belongs into `send`.

        Raises:
            WouldBlock: there is no place for it now.
            ClosedResourceError: this handle was closed, or the receivers are gone.
        """
        if not self._attempt(element):
            raise WouldBlock(self._state.why_no_place())

    def on_send(self, element: T_contra) -> Clause[None]:
        """Return the clause that sends ``element``, for `select`.

        Until it is chosen, the element belongs to the caller and is not reported as undelivered.
        """
        return Clause(
            must_rest=self._state.sender_must_rest,
            attempt=lambda: None if self._attempt(element) else NOTHING,
            park=lambda turn: self._park(turn, element),
            leave=self._state.leave_sender,
            finish=self._finish,
        )

    def close(self, cause: Exception | None = None) -> None:
        """Send no more through this handle. Idempotent.

        When the last clone is closed, receivers still get what is buffered and what suspended
        senders hold, in order; then `EndOfChannel`, or ``cause``. If several clones give a cause,
        the first counts.

        Raises:
            TypeError: ``cause`` is not an instance of `Exception`.
        """
        if cause is not None and not isinstance(cause, Exception):
            msg = (
                f"cause must be an Exception instance, got {cause!r}; "
                "close() without a cause ends the channel in the ordinary way"
            )
            raise TypeError(msg)
        if self._lane is not CLOSED:
            self._lane = CLOSED
            self._state.close_sender(cause)

    def clone(self) -> SendChannel[T_contra]:
        """Return another handle of this side, to be closed on its own.

        Raises:
            ClosedResourceError: this handle was closed, or the receivers are gone.
        """
        self._check_open()
        self._state.open_senders += 1
        return SendChannel(self._state)

    def statistics(self) -> ChannelStatistics:
        """Return the counters and the state of the channel at this moment."""
        return self._state.statistics()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(error if isinstance(error, Exception) else None)

    def __repr__(self) -> str:
        handle = ", this handle closed" if self._lane is CLOSED else ""
        return f"<SendChannel {self.statistics()}{handle}>"

    def _check_open(self) -> None:
        if self._lane is CLOSED:
            raise ClosedResourceError(f"this sending handle of channel {self._state.name!r}")
        if self._state.cancelled:
            raise ClosedResourceError(f"the receiving side of channel {self._state.name!r}")

    def _attempt(self, element: T_contra) -> bool:
        self._check_open()
        return self._state.offer(element)

    def _park(self, turn: Turn, element: T_contra) -> Waiter[T_contra]:
        waiter: Waiter[T_contra] = Waiter(turn, self)
        waiter.element = element
        self._state.park_sender(waiter)
        return waiter

    def _finish(self, waiter: Waiter[T_contra]) -> None:
        if not waiter.granted:
            raise ClosedResourceError(f"the receiving side of channel {self._state.name!r}")
