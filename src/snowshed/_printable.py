"""Text that a terminal just prints: names come from requests, and from whoever answers."""

from __future__ import annotations

__all__ = ["printable"]


def printable(value: object) -> str:
    """Return the text of ``value`` in one line, with escapes for what would steer a terminal."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
