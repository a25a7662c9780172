"""Channels by which a goroutine is told to stop: nothing but their names says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n

if TYPE_CHECKING:
    from snowshed.lint._go._nodes import Case, Receive

__all__ = ["ends_all", "tells_to_stop"]

_STOPS = re.compile(
    r"\.Done\(\)$|(?:^|\.|[a-z])(?:stop|quit|done|clos|shutdown|exit|kill|cancel|abort|term)",
    re.IGNORECASE,
)


def tells_to_stop(received: Receive) -> bool:
    """Tell whether by what is received somebody is told to stop, or that others have."""
    channel = received.channel
    return _STOPS.search(n.path_of(channel) or channel.text) is not None


def ends_all(case: Case) -> bool:
    """Tell whether a case is taken when all comes to an end, and not when only a request does.

    ``ctx.Done()`` is mostly that of a request, ``s.ctx.Done()`` is not.
    """
    received = case.received
    if received is None or not tells_to_stop(received):
        return False
    asked = received.channel.called if isinstance(received.channel, n.Call) else None
    return not isinstance(asked, n.Selector) or not isinstance(asked.operand, n.Name)
