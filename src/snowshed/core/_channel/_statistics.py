"""What a channel says about itself: one frozen object for metrics, dashboards, tests and `repr`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Overflow: TypeAlias = Literal["suspend", "drop_oldest", "drop_latest"]


@dataclass(frozen=True, slots=True)
class ChannelStatistics:
    """The state of a channel at one moment; the same from either side.

    Attributes:
        name: name of the channel.
        capacity: elements that the buffer holds before ``overflow`` applies.
        overflow: what happens to an element for which there is no place.
        buffered: elements accepted and not yet received. More than ``capacity`` only while woken
            receivers have not run yet, or after such receivers were cancelled.
        waiting_senders: operations suspended in ``send``, or in a `select` that would send.
        waiting_receivers: operations suspended in ``receive``, or in a `select` that would receive.
        sent: sends that ended well, those whose element was then dropped by overflow included.
        received: elements that a receiver got.
        dropped: elements lost by overflow.
        undelivered: elements lost for any reason, ``dropped`` included.
        demand: elements that senders may still send under ``request``; None if it was never
            called. Negative while more was buffered at the first request than was requested.
        open_senders: sending handles not yet closed. When receivers wait although all producers
            are done, one of these was forgotten.
        open_receivers: receiving handles not yet closed.
        closed: nothing more can be sent.
    """

    name: str
    capacity: int
    overflow: Overflow
    buffered: int
    waiting_senders: int
    waiting_receivers: int
    sent: int
    received: int
    dropped: int
    undelivered: int
    demand: float | None
    open_senders: int
    open_receivers: int
    closed: bool

    def __str__(self) -> str:
        demand = "" if self.demand is None else f", demand {self.demand}"
        return (
            f"{self.name!r}: {self.buffered} of {self.capacity} buffered, waiting "
            f"{self.waiting_senders} to send and {self.waiting_receivers} to receive, "
            f"sent {self.sent}, received {self.received}, dropped {self.dropped}, "
            f"undelivered {self.undelivered}{demand}{', closed' * self.closed}"
        )
