"""nil-channel: a send or a receive on a channel that was never made.

Looks for: goroutines in the states ``chan send (nil chan)`` and ``chan receive (nil chan)``, and in
``select (no cases)``.

Why: nobody can ever close or use a channel that is nil, so the goroutine waits until the process
ends. In a ``select`` a nil channel is a case that is switched off, and legal; those show as
``select`` and are not meant here.

Evidence: the state itself, which only such a wait has.

Against: ``select {}`` in ``main`` is how a program waits for ever on purpose. It is not reported
there, and of any other function only as something to look at.

Silence: none is needed in a program that is right; a goroutine that is to stay for ever can wait
for a signal, which also lets it end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "nil-channel",
    Cause.CHANNEL_CASCADE,
    why="the channel was never made, or was set to nil: nobody can ever use or close it",
    go="make the channel before it is used, or return when it is nil",
)
_NO_CASES = "select (no cases)"


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits on a channel that is nil."""
    for group in case.groups:
        if group.state.endswith(" (nil chan)"):
            yield Suspicion(
                DETAIL,
                group,
                0.99,
                proven=True,
                evidence=("the channel is nil: nobody can ever send to it, receive or close it",),
            )
        elif group.state == _NO_CASES and group.stack[-1].function != "main.main":
            yield Suspicion(
                DETAIL,
                group,
                0.6,
                evidence=("a select without cases never ends",),
                against=("it may be meant to keep something alive for ever",),
            )
