"""What a request carries to everything that it calls: how critical it is, and which one it is.

The service behind the service must know how bad it is not to answer, or it refuses by lot: the
class of a request is set once, where it enters, and inherited by each hop (Google's *Site
Reliability Engineering*, "Handling Overload"). So is its id, by which what it did can be found.

A server sets both for each request, also to nothing: it may handle a request in the context of
the one before. Tasks and threads of the request inherit them, those that outlive it too.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass

from snowshed.shed._criticality import Criticality

__all__ = ["Baggage", "current_baggage", "current_criticality", "set_baggage"]


@dataclass(frozen=True, slots=True)
class Baggage:
    """What the current request carries.

    Attributes:
        criticality: its class as its caller said it; None: nobody has.
        request_id: its id; None: it has none.
    """

    criticality: Criticality | None = None
    request_id: str | None = None


NOTHING = Baggage()
_current: ContextVar[Baggage] = ContextVar("snowshed_baggage", default=NOTHING)


def current_baggage() -> Baggage:
    """Return what the current request carries; outside of requests nothing. In threads too."""
    return _current.get()


def set_baggage(baggage: Baggage) -> Token[Baggage]:
    """Have the running code, and what it starts, carry ``baggage``; return how to undo that.

    ``token.var.reset(token)`` undoes it, in the same context.
    """
    return _current.set(baggage)


def current_criticality() -> Criticality:
    """Return the class of the current request; ``CRITICAL`` if nobody has said it."""
    criticality = _current.get().criticality
    return Criticality.CRITICAL if criticality is None else criticality
