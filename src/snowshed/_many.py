"""Numbers in the words of a report: ``1 task``, ``2,400 tasks``."""

from __future__ import annotations

__all__ = ["many"]


def many(count: int, what: str, none: str = "") -> str:
    """Return ``count`` of ``what`` in words, and ``none``, where it is given, for none."""
    if not count and none:
        return none
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"
