"""Make a channel: check the arguments, and hand out the two sides."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Self, TypeVar, get_args

from snowshed.core._census import channels
from snowshed.core._channel._receive import ReceiveChannel
from snowshed.core._channel._send import SendChannel
from snowshed.core._channel._state import ChannelState
from snowshed.core._channel._statistics import Overflow

T = TypeVar("T")

_numbers = itertools.count(1)


class open_channel(tuple[SendChannel[T], ReceiveChannel[T]]):  # noqa: N801 - called as a function
    """Open a channel and return its two sides.

    A channel hands elements from task to task and makes the faster side wait for the slower: it
    is how a fast producer is kept from filling the memory. Name the element type where the checker
    cannot see it::

        send, receive = open_channel[Order](100, name="orders")

    Args:
        capacity: how many elements may wait in the buffer. 0 is a rendezvous: a ``send`` ends when
            a receiver is there for its element.
        overflow: what happens to an element for which there is no place. ``"suspend"``: the sender
            waits. ``"drop_oldest"``: the oldest in the buffer is lost; with capacity 1 the channel
            holds the newest value only (conflated). ``"drop_latest"``: the new element is lost.
            In the last two cases ``send`` never waits.
        name: how errors, `repr` and statistics call the channel; numbered by default.
        on_undelivered: called once with each element that no receiver will get: dropped by
            overflow, held by a ``send`` that raised, or buffered when the receiving side cancelled.
            For elements that must be released, such as connections. It is called in whatever task
            loses the element, must be quick, cannot be a coroutine function and must not raise; if
            it does, that is logged once per channel (logger ``snowshed.core``) and goes no further.

    Both sides belong to one event loop and are not thread-safe. The semantics are those of Kotlin's
    channels, demand is that of Reactive Streams, handles are cloned and closed as in trio.

    Raises:
        ValueError: ``capacity`` is negative, ``overflow`` is unknown, or there is no buffer from
            which to drop.
        TypeError: ``capacity`` is not an int, or ``on_undelivered`` is a coroutine function.
    """

    # A class, because a function cannot be subscripted: `open_channel[int](5)` is how the element
    # type is named (anyio does the same). It makes a pair and nothing else.
    __slots__ = ()

    def __new__(
        cls,
        capacity: int,
        *,
        overflow: Overflow = "suspend",
        name: str | None = None,
        on_undelivered: Callable[[T], object] | None = None,
    ) -> Self:
        """Check the arguments and make the pair."""
        _check(capacity, overflow)
        if inspect.iscoroutinefunction(on_undelivered):
            msg = f"on_undelivered must not be a coroutine function, got {on_undelivered!r}"
            raise TypeError(msg)
        name = f"channel-{next(_numbers)}" if name is None else name
        state = ChannelState(capacity, overflow, name, on_undelivered)
        channels.enter(state)
        return super().__new__(cls, (SendChannel(state), ReceiveChannel(state)))


def _check(capacity: object, overflow: object) -> None:
    if not isinstance(capacity, int) or isinstance(capacity, bool):
        msg = f"capacity must be an int, got {capacity!r}; a buffer without a bound is not offered"
        raise TypeError(msg)
    if capacity < 0:
        msg = f"capacity must be 0 (rendezvous) or more elements, got {capacity}"
        raise ValueError(msg)
    if overflow not in get_args(Overflow):
        msg = f"overflow must be one of {', '.join(get_args(Overflow))}; got {overflow!r}"
        raise ValueError(msg)
    if capacity == 0 and overflow != "suspend":
        msg = f"capacity=0 has no buffer to drop from, got overflow={overflow!r}; use capacity=1"
        raise ValueError(msg)
