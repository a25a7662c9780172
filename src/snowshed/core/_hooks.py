"""Where the layers above listen to core, at no cost when nobody does.

Core knows nothing of metrics, logs or load shedding. It keeps one slot per event; a layer above
fills the slot. An empty slot costs one comparison. A listener that raises is logged once and
removed: a failure in observation must not become the service's failure (trio's instruments do
the same).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

Level = Literal["normal", "light", "exhausted"]
LEVELS: tuple[Level, ...] = ("normal", "light", "exhausted")

logger = logging.getLogger("snowshed.core")

_refusal_listener: Callable[[str, int, int], object] | None = None
_pressure_source: Callable[[], Level] | None = None
_light_listener: Callable[[], object] | None = None


def on_refusal(listener: Callable[[str, int, int], object] | None) -> None:
    """Call ``listener(scope, live, budget)`` for each spawn that a scope refuses; None: nobody."""
    global _refusal_listener  # noqa: PLW0603 - one slot per process is the design
    _refusal_listener = listener


def pressure_from(source: Callable[[], Level] | None) -> None:
    """Ask ``source()`` for the pressure of the whole service, which every scope's level obeys."""
    global _pressure_source  # noqa: PLW0603 - one slot per process is the design
    _pressure_source = source


def on_light(listener: Callable[[], object] | None) -> None:
    """Call ``listener()`` where code takes the lighter of two ways (`TaskScope.choose`)."""
    global _light_listener  # noqa: PLW0603 - one slot per process is the design
    _light_listener = listener


def chose_light() -> None:
    """Tell the listener, if there is one, that the lighter of two ways was taken."""
    listener = _light_listener
    if listener is None:
        return
    try:
        listener()
    except Exception:
        on_light(None)
        logger.exception("the listener to light answers failed and was removed")


def refused(scope: str, live: int, budget: int) -> None:
    """Tell the listener, if there is one, that a spawn was refused."""
    listener = _refusal_listener
    if listener is None:
        return
    try:
        listener(scope, live, budget)
    except Exception:
        on_refusal(None)
        logger.exception("the refusal listener failed and was removed; scopes go on without it")


def pressure() -> Level:
    """Return the pressure of the service: ``normal`` while nobody measures it."""
    source = _pressure_source
    if source is None:
        return "normal"
    try:
        return LEVELS[LEVELS.index(source())]
    except Exception:
        pressure_from(None)
        logger.exception("the pressure source failed and was removed; the pressure reads normal")
        return "normal"
