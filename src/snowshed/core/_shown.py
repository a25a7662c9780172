"""An error in the words of a reason: short, and without ever being an error itself."""

from __future__ import annotations

AT_MOST = 200


def shown(error: BaseException) -> str:
    """Return the beginning of ``repr(error)``; the class alone, if its ``__repr__`` fails."""
    try:
        text = repr(error)
    except Exception:  # noqa: BLE001 - the error is about to be raised, and nothing may replace it
        return type(error).__name__
    return text if len(text) <= AT_MOST else f"{text[:AT_MOST]}..."
