"""Channels: hand elements from task to task, and make the faster side wait for the slower.

Prior art
---------
*Go* gave channels their form: a capacity, 0 meaning that both sides meet, and ``select``. *Kotlin*
added what a language with cancellation needs: overflow rules, ``close(cause)`` against ``cancel()``
and a callback for elements that get lost. *trio* and *anyio* cut the channel into two sides with
handles that are cloned and closed. *Reactive Streams* lets the receiver say how much it can take.
The rules here are theirs; where they disagree, this text says what was chosen.

Why not asyncio.Queue
---------------------
It has no end: before Python 3.13 a consumer learns by sentinel or by cancellation that nothing more
will come, and a consumer that died leaves its producers suspended for ever. It has no rendezvous
(``maxsize=0`` means unbounded), cannot shed, and cannot be waited for together with something else.
A ``put_nowait`` may overtake a ``put`` that has waited for longer (python/cpython#83055).

What cancellation means
-----------------------
asyncio may cancel a task after its wait has succeeded and before it runs. Others lose the element
then (agronholm/anyio#146, tornadoweb/tornado#2826; Kotlin does so by design, and reports it), or
keep it and swallow the cancellation. Here a cancelled `receive` has consumed nothing: the element
stays at the front, or goes to the next receiver that waits, in order, and the cancellation goes on.
The price is that a sender which met that receiver has gone already, so the buffer may hold one
element more than its capacity until somebody takes it; no element is accepted meanwhile. With
``drop_oldest`` the surplus is shed. A cancelled `send` has either delivered its element or reported
it as undelivered, never both.

The end
-------
``send.close()`` ends a stream: receivers get what is buffered and what suspended senders hold, then
`EndOfChannel`. ``receive.cancel()`` refuses it: the buffer is lost and everybody is woken.
Each side closes when the last of its clones does; closing the last receiving handle cancels,
because nobody could ever take what is left. With a *cause* receivers get the cause instead of
`EndOfChannel`, after the elements; if several producers give one, the first counts. A producer's
error does not overtake the elements of the other producers: who wants to stop at once cancels,
or lets the scope around both do it.

Demand
------
Until ``receive.request(n)`` is called for the first time, capacity alone rules. From then on an
element is accepted when there is a place for it *and* demand for it. Each accepted element uses up
one; requests add up; what was buffered before the first request counts, so a receiver never gets
more than it asked for beyond that. Receiving does not request: after ``request(3)`` a fourth
`receive` waits until somebody requests more. An element without demand is treated as one without
a place: its sender waits, or ``overflow`` decides. An element that takes the place of a dropped one
takes over its demand too, so a conflated channel holds the newest value under ``request(1)``.

Fairness
--------
A `send` or `receive` that need not wait does not suspend: that is what makes a channel faster than
a queue. But a task that always finds an element would never let the loop run, so after 128 sends,
or 128 receives, on one channel without a wait the next one yields first. At 40 microseconds of work
per element this is 5 ms, the longest stall that we allow ourselves; a larger number would gain
nothing, since a yield costs as much as some ten elements. trio and anyio yield at each operation:
an anyio stream takes seven times as long as asyncio.Queue, this channel about 0.6 times.

Rejected
--------
- One object with both ends: it cannot tell that all producers are gone.
- Unbounded capacity: it hides the flood that this package exists to show.
- Kotlin's boolean ``offer``, by its own authors the most error-prone method: the ``_nowait`` forms
  have three outcomes, and none of them is a falsy value.
- Waking a receiver to look again (as asyncio.Queue does): others can overtake it each time.
- Priorities and peeking: several channels and a `select` say it better.
"""

from __future__ import annotations

from snowshed.core._channel._clause import Clause
from snowshed.core._channel._open import open_channel
from snowshed.core._channel._receive import ReceiveChannel
from snowshed.core._channel._send import SendChannel
from snowshed.core._channel._statistics import ChannelStatistics

__all__ = ["ChannelStatistics", "Clause", "ReceiveChannel", "SendChannel", "open_channel"]
