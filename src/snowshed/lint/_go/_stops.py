"""What tells a goroutine to stop, or that all has: nothing but its name says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n

if TYPE_CHECKING:
    from snowshed.lint._go._nodes import Case, Receive

__all__ = ["ends_all", "is_stop", "tells_to_stop"]

# As a word of its own, or as one with a capital: ``skills`` and ``abandoned`` stop nobody.
_STOPS = re.compile(
    r"(?<![A-Za-z])(?i:stop|quit|done|clos|shutdown|exit|kill|cancel|abort|term)"
    r"|Stop|Quit|Done|Clos|Shutdown|Exit|Kill|Cancel|Abort|Term"
)


def is_stop(name: str) -> bool:
    """Tell whether a name says that somebody is told to stop, or has stopped."""
    return _STOPS.search(name) is not None


def tells_to_stop(received: Receive) -> bool:
    """Tell whether by what is received somebody is told to stop, or that others have."""
    channel = received.channel
    return is_stop(n.path_of(channel) or channel.text)


def ends_all(case: Case) -> bool:
    """Tell whether a case is taken when all comes to an end, and not when only a request does.

    ``ctx.Done()`` is mostly that of a request, ``s.ctx.Done()`` is not.
    """
    received = case.received
    if received is None or not tells_to_stop(received):
        return False
    asked = received.channel.called if isinstance(received.channel, n.Call) else None
    return not isinstance(asked, n.Selector) or not isinstance(asked.operand, n.Name)
