"""Figures as people read them."""

from __future__ import annotations

NOTHING = "-"
"""Stands where nothing was measured."""


def count(value: int | None) -> str:
    """Return ``12,345``."""
    return NOTHING if value is None else f"{value:,}"


def share(part: int, whole: int) -> str:
    """Return ``part`` of ``whole`` as a percentage that is 0 % or 100 % only when it really is."""
    if whole == 0:
        return NOTHING
    percent = 100 * part / whole
    if part in (0, whole):
        return f"{percent:.0f} %"
    return f"{min(max(percent, 0.1), 99.9):.1f} %"


def duration(seconds: float | None, limit: float | None = None) -> str:
    """Return milliseconds below a second, seconds above; from ``limit`` on, "at least" that.

    A client that gave up after the limit has seen no more than that: the answer would have taken
    longer.
    """
    if seconds is None:
        return NOTHING
    if limit is not None and seconds >= limit:
        return f"≥ {duration(limit)}"
    return f"{1000 * seconds:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f} s"


def rate(per_second: float) -> str:
    """Return ``58.3/s``."""
    return f"{per_second:.1f}/s"


def memory(size: int | None) -> str:
    """Return mebibytes."""
    return NOTHING if size is None else f"{size / 2**20:.0f} MiB"
