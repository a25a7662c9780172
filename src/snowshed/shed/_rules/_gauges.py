"""What only the application can measure: its queues, its pools, its breakers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal, SupportsFloat, TypeAlias, cast

from snowshed.shed._rules._metric import BREAKER_STATES, Metric

__all__ = [
    "GAUGES",
    "Gauges",
    "number_of_state",
    "register_breaker",
    "register_gauge",
    "register_pool",
]

logger = logging.getLogger("snowshed.rules")
AT_MOST = 1000
Kind: TypeAlias = Literal["gauge", "pool_exhausted", "breaker"]
# Forced states are those of a person, and feel like these.
_STATES = BREAKER_STATES | {"forced_open": BREAKER_STATES["open"], "disabled": 0.0}


class Gauges:
    """Functions that rules read, by name.

    One that fails reads as missing. That is logged once, and it is asked again the next time: a
    pool that is not open yet will be.
    """

    def __init__(self) -> None:
        self._sources: dict[tuple[Kind, str], Callable[[], object]] = {}
        self._failed: set[tuple[Kind, str]] = set()

    def register(self, kind: Kind, name: str, source: Callable[[], object]) -> None:
        """Read ``source()`` under ``name`` from now on; it takes the place of another.

        Raises:
            ValueError: the name is empty, or there are too many.
        """
        if not name:
            msg = f"a {kind} needs a name that rules can say, not {name!r}"
            raise ValueError(msg)
        if len(self._sources) >= AT_MOST and (kind, name) not in self._sources:
            msg = f"{AT_MOST} gauges are registered already, and {name!r} is one more; register at"
            raise ValueError(f"{msg} the start of the service, not in each request")
        self._sources[kind, name] = source
        self._failed.discard((kind, name))

    def read(self, metric: Metric) -> float | None:
        """Return the reading of ``gauge``, ``pool_exhausted`` or ``breaker``; None: missing."""
        match metric.name:
            case "gauge":
                return self._ask("gauge", metric.argument)
            case "breaker":
                return self._ask("breaker", metric.argument)
            case "pool_exhausted" if metric.argument:
                return self._ask("pool_exhausted", metric.argument)
            case "pool_exhausted":
                return self._any_pool()
            case _:
                return None

    def _any_pool(self) -> float | None:
        names = [name for kind, name in self._sources if kind == "pool_exhausted"]
        found = [self._ask("pool_exhausted", name) for name in names]
        return max((each for each in found if each is not None), default=None)

    def _ask(self, kind: Kind, name: str) -> float | None:
        source = self._sources.get((kind, name))
        if source is None:
            return None
        try:
            return _as_number(kind, source())
        except Exception:
            if (kind, name) not in self._failed:
                self._failed.add((kind, name))
                logger.exception("the %s %r failed; rules that need it wait for it", kind, name)
            return None


def number_of_state(state: str) -> float:
    """Return what a breaker's state counts as.

    Raises:
        ValueError: there is no such state.
    """
    try:
        return _STATES[state.replace("-", "_")]
    except KeyError:
        known = ", ".join(_STATES)
        msg = f"{state!r} is no state of a breaker; known are {known}"
        raise ValueError(msg) from None


def _as_number(kind: Kind, value: object) -> float | None:
    if value is None:
        return None
    if kind == "breaker":
        return number_of_state(str(value))
    if kind == "pool_exhausted":
        return float(bool(value))
    return float(cast(SupportsFloat, value))  # what is no number is an error of the gauge


GAUGES = Gauges()
"""Those of this process."""


def register_gauge(name: str, read: Callable[[], float | None]) -> None:
    """Let rules judge what ``read()`` returns, as ``gauge("name")``.

    It is called on the event loop, once for each evaluation that needs it: about once a second. So
    it must return at once; a failure is logged once and reads as missing.

    Args:
        name: how rules call it.
        read: the number of now; None: it is not known now.

    Raises:
        ValueError: no name, or more than 1000 gauges.
    """
    GAUGES.register("gauge", name, read)


def register_pool(name: str, exhausted: Callable[[], bool]) -> None:
    """Let rules judge a pool, as ``pool_exhausted("name")``, or any of them: ``pool_exhausted``.

    A pool is exhausted while all of it is in use and somebody waits::

        register_pool("db", lambda: db.get_idle_size() == 0 and db.get_size() == db.get_max_size())

    Called as that of `register_gauge`, and with the same errors.

    Args:
        name: how rules call it.
        exhausted: whether it is, now.
    """
    GAUGES.register("pool_exhausted", name, exhausted)


def register_breaker(name: str, state: Callable[[], str]) -> None:
    """Let rules judge a circuit breaker, as ``breaker("name") is open``.

    Called as that of `register_gauge`, and with the same errors.

    Args:
        name: how rules call it.
        state: ``closed``, ``half_open``, ``open``, ``forced_open`` or ``disabled``.
    """
    GAUGES.register("breaker", name, state)
