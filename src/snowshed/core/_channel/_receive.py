"""The receiving side of a channel; the essay in `__init__.py` tells the whole story."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, Self, TypeVar, overload

from snowshed.core._channel._clause import Clause
from snowshed.core._channel._state import CLOSED, ChannelState
from snowshed.core._channel._waiters import NOTHING, Nothing, Turn, Waiter
from snowshed.errors import ClosedResourceError, EndOfChannel, WouldBlock

if TYPE_CHECKING:
    from types import TracebackType

    from snowshed.core._channel._statistics import ChannelStatistics

T_co = TypeVar("T_co", covariant=True)
D = TypeVar("D")
P = ParamSpec("P")


class ReceiveChannel(Generic[T_co]):
    """The side of a channel from which elements come; made by `open_channel`.

    Any number of tasks may share one handle, each element goes to one of them. ``async for``
    receives until the channel ends, and raises the cause if it was closed with one. ``async with``
    closes the handle.
    """

    __slots__ = ("__weakref__", "_lane", "_state")

    def __init__(self, state: ChannelState[T_co]) -> None:
        self._state = state
        self._lane = state

    async def receive(self) -> T_co:
        """Return the next element, and wait while there is none.

        A cancelled `receive` has consumed nothing, so ``asyncio.timeout`` around it is safe: an
        element that was on its way goes to the next receiver, in order.

        Raises:
            EndOfChannel: every sender has closed and nothing is left. If one gave a cause, that
                exception is raised instead.
            ClosedResourceError: this handle was closed, or the channel cancelled.
        """
        lane = self._lane
        if lane.buffer and lane.received < lane.take_until:
            lane.received += 1
            return lane.buffer.popleft()
        return await self._receive_slowly()

    async def _receive_slowly(self) -> T_co:
        if self._state.receiver_must_rest():
            await asyncio.sleep(0)
        element = self._attempt()
        if element is not NOTHING:
            return element
        waiter = self._park(asyncio.Future())
        try:
            await waiter.turn
        except BaseException:
            self._state.leave_receiver(waiter)
            raise
        return self._finish(waiter)

    def receive_nowait(self) -> T_co:
        """Return the next element if there is one.

        Raises:
            WouldBlock: there is none now, but there may be later.
            EndOfChannel: every sender has closed and nothing is left. If one gave a cause, that
                exception is raised instead.
            ClosedResourceError: this handle was closed, or the channel cancelled.
        """
        element = self._attempt()
        if element is NOTHING:
            raise WouldBlock(f"channel {self._state.name!r} has no element to receive")
        return element

    @overload
    def on_receive(self) -> Clause[T_co]: ...
    @overload
    def on_receive(self, *, at_end: D) -> Clause[T_co | D]: ...
    def on_receive(self, *, at_end: Any = NOTHING) -> Clause[Any]:
        """Return the clause that receives, for `select`.

        Args:
            at_end: chosen value when the channel has ended without a cause, in place of
                `EndOfChannel`; as the default of `next`.
        """
        return Clause(
            must_rest=self._state.receiver_must_rest,
            attempt=self._unless_ended(self._attempt, at_end),
            park=self._park,
            leave=self._state.leave_receiver,
            finish=self._unless_ended(self._finish, at_end),
        )

    def request(self, n: float) -> None:
        """Allow senders ``n`` more elements; additive, as in Reactive Streams.

        From the first call on, senders wait while nothing is requested, whatever the capacity.
        What is buffered at the first call counts against it. The call wakes senders and returns:
        it never runs them, so it may stand inside the loop that receives. Ask for what you can
        process and renew it in lots; one at a time is stop-and-wait. After the channel was
        closed on this side the call does nothing (rule 3.6).

        Args:
            n: a positive whole number, or `math.inf` for "as many as the capacity allows".

        Raises:
            ValueError: ``n`` is not positive (rule 3.9).
            TypeError: ``n`` is neither an int nor infinite.
        """
        if not isinstance(n, int) and n != math.inf:
            msg = f"request() takes an int or math.inf, got {n!r}"
            raise TypeError(msg)
        if n <= 0:
            msg = f"request() takes a positive number of elements, got {n!r}"
            raise ValueError(msg)
        if self._lane is not CLOSED and not self._state.cancelled:
            self._state.request(n)

    def close(self) -> None:
        """Receive no more through this handle; the last clone closed cancels the channel.

        Tasks suspended in `receive` of this handle get `ClosedResourceError`. Idempotent.
        """
        if self._lane is not CLOSED:
            self._lane = CLOSED
            self._state.close_receiver(self)

    def cancel(self) -> None:
        """End the channel for both sides and all clones now. Idempotent.

        What is buffered is lost (see ``on_undelivered``); every suspended sender and receiver
        gets `ClosedResourceError`.
        """
        self.close()
        self._state.cancel()

    def clone(self) -> ReceiveChannel[T_co]:
        """Return another handle of this side, to be closed on its own.

        Raises:
            ClosedResourceError: this handle was closed, or the channel cancelled.
        """
        self._check_open()
        self._state.open_receivers += 1
        return ReceiveChannel(self._state)

    def statistics(self) -> ChannelStatistics:
        """Return the counters and the state of the channel at this moment."""
        return self._state.statistics()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T_co:
        # The short way of `receive`, once more: a call would cost a tenth of an element's journey.
        lane = self._lane
        if lane.buffer and lane.received < lane.take_until:
            lane.received += 1
            return lane.buffer.popleft()
        try:
            return await self._receive_slowly()
        except EndOfChannel:
            if self._state.cause is not None:
                raise
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        handle = ", this handle closed" if self._lane is CLOSED else ""
        return f"<ReceiveChannel {self.statistics()}{handle}>"

    def _check_open(self) -> None:
        if self._lane is CLOSED or self._state.cancelled:
            raise ClosedResourceError(f"this receiving handle of channel {self._state.name!r}")

    def _raise_end(self) -> NoReturn:
        cause = self._state.cause
        if cause is None:
            raise EndOfChannel(self._state.name)
        # From its own traceback each time: one exception raised n times would else grow n times.
        raise cause.with_traceback(self._state.cause_traceback)

    def _attempt(self) -> T_co | Nothing:
        self._check_open()
        element = self._state.take()
        if element is NOTHING and self._state.ended:
            self._raise_end()
        return element

    def _unless_ended(self, receive: Callable[P, object], at_end: object) -> Callable[P, Any]:
        def receive_or_default(*args: P.args, **kwargs: P.kwargs) -> object:
            try:
                return receive(*args, **kwargs)
            except EndOfChannel:
                if self._state.cause is not None:
                    raise
                return at_end

        return receive if at_end is NOTHING else receive_or_default

    def _park(self, turn: Turn) -> Waiter[T_co]:
        waiter: Waiter[T_co] = Waiter(turn, self)
        self._state.park_receiver(waiter)
        return waiter

    def _finish(self, waiter: Waiter[T_co]) -> T_co:
        if not waiter.granted or self._state.cancelled:
            self._check_open()
            self._raise_end()
        return self._state.collect()
