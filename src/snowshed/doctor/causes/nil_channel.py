"""nil-channel: a send or a receive on a channel that was never made.

Looks for: goroutines in the states ``chan send (nil chan)`` and ``chan receive (nil chan)``, and in
``select (no cases)``.

Why: nobody can ever close or use a channel that is nil, so the goroutine waits until the process
ends. In a ``select`` a nil channel is a case that is switched off, and legal; those show as
``select`` and are not meant here.

Evidence: the state itself, which only such a wait has.

Against: ``select {}`` in ``main`` is how a program waits for ever on purpose, and so is receiving
from the ``Done()`` of a context that is never cancelled, which is nil. Neither is reported there;
of any other function an empty ``select``, and of a library such a receive, only as something to
look at. Where all goroutines were asleep, nobody else worked, and it is told.

Silence: none is needed in a program that is right; a goroutine that is to stay for ever can wait
for a signal, which also lets it end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._waits import stands_in_program
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "nil-channel",
    Cause.CHANNEL_CASCADE,
    why="the channel was never made, or was set to nil: nobody can ever use or close it",
    go="make the channel before it is used, or return when it is nil",
)
_NO_CASES, _RECEIVES = "select (no cases)", "chan receive (nil chan)"
_NEVER = frozenset({_NO_CASES, _RECEIVES, "chan send (nil chan)"})
_NIL = ("the channel is nil: nobody can ever send to it, receive or close it",)
_NEVER_CANCELLED = "Done() of a context that is never cancelled is nil, too"


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group that waits on a channel that is nil."""
    for group in case.groups:
        if group.state not in _NEVER or _is_meant(case, group):
            continue
        if group.state == _RECEIVES and not stands_in_program(group):
            yield Suspicion(DETAIL, group, 0.6, evidence=_NIL, against=(_NEVER_CANCELLED,))
        elif group.state != _NO_CASES:
            yield Suspicion(DETAIL, group, 0.99, proven=True, evidence=_NIL)
        else:
            yield Suspicion(
                DETAIL,
                group,
                0.6,
                evidence=("a select without cases never ends",),
                against=("it may be meant to keep something alive for ever",),
            )


def _is_meant(case: Case, group: Group) -> bool:
    """Tell whether the program waits for ever on purpose, while others work."""
    in_main = any(frame.function == "main.main" for frame in group.stack)
    return in_main and group.state in {_NO_CASES, _RECEIVES} and not case.all_asleep
