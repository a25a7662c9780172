"""Reading what may be anything: a class of the service's own, a mock, a proxy that is not bound."""

from __future__ import annotations


def read(thing: object, name: str) -> object:
    """Return the attribute ``name`` of ``thing``; None if it has none, or raises when asked."""
    try:
        return getattr(thing, name, None)
    except Exception:  # noqa: BLE001 - it is foreign code that runs here
        return None
