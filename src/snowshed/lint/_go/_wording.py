"""How findings about channels name what is in the code, and the fix that gives a channel places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.lint._finding import Edit, Fix

if TYPE_CHECKING:
    from snowshed.lint._go import _nodes as n
    from snowshed.lint._go._channels import Channel

__all__ = ["case_of", "roomier", "short"]

_LENGTH = 40


def short(node: n.Node) -> str:
    """Return the source of ``node`` in one line, in back quotes, cut where it gets long."""
    text = " ".join(node.text.split())
    return f"`{text}`" if len(text) <= _LENGTH else f"`{text[: _LENGTH - 3]}...`"


def case_of(case: n.Case | None) -> str:
    """Return how a case of a select is called."""
    if case is None:
        return "another case"
    stated = case.communication
    if stated is None:
        return "`default`"
    received = case.received
    return short(stated if received is None else received)


def roomier(channel: Channel, capacity: str, *, safe: bool) -> Fix:
    """Return the fix that makes ``channel`` with another capacity."""
    made = channel.made
    type_ = made.arguments[0]
    end = made.arguments[-1].end
    word = "a place" if capacity == "1" else f"{capacity} places"
    message = f"give the channel {word}, so that no sender waits"
    return Fix(message, (Edit(type_.end, end, f", {capacity}"),), safe=safe)
