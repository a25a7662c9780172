"""How full the service is, in one word: ``normal``, or ``light`` while answers should be cheaper.

Refusing is the last resort. A service that gives shorter answers while it is nearly full serves
more people than one that gives whole answers to some and none to the others. And it has to begin
before it is full: at the limit there is nothing left to save.

**Between two values, not at one.** The lighter answers themselves lower the pressure. At a single
threshold the service would flap between both kinds of answer, so it becomes light at one pressure
and normal again only well below it.

The pressure alone never says ``exhausted``: a request that was admitted may do its work. That word
is for a request that has used up its own budget.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.core import _hooks
from snowshed.core._current import current_scope
from snowshed.core._level import worse
from snowshed.shed._light import LIGHT_MARK

if TYPE_CHECKING:
    from snowshed.core._hooks import Level

__all__ = [
    "PressureGate",
    "PressureGateStatistics",
    "ServicePressure",
    "ServicePressureStatistics",
    "current_level",
    "service_pressure",
]

LIGHT_FROM = 0.75
NORMAL_BELOW = 0.60

logger = logging.getLogger("snowshed.shed")


@dataclass(frozen=True, slots=True)
class PressureGateStatistics:
    """What a `PressureGate` looked like at one moment.

    Attributes:
        level: ``normal`` or ``light``.
        pressure: the last that it was told: units in flight / limit.
        became_light: how often it went from ``normal`` to ``light``.
    """

    level: Level
    pressure: float
    became_light: int


class PressureGate:
    """Makes a level of a pressure, with a gap between the way up and the way down.

    Pure: it is told the pressure and has no clock. Costs about 0.1 us.

    Args:
        light_from: pressure (units in flight / limit) from which on answers are light.
        normal_below: pressure below which they are whole again.

    Raises:
        ValueError: ``normal_below`` is not above 0, or above ``light_from``.
    """

    __slots__ = ("_became_light", "_light_from", "_normal_below", "level", "pressure")

    def __init__(
        self, *, light_from: float = LIGHT_FROM, normal_below: float = NORMAL_BELOW
    ) -> None:
        if not 0 < normal_below <= light_from:
            msg = (
                f"light from {light_from}, normal below {normal_below}: the second is above 0 and "
                "not above the first"
            )
            raise ValueError(msg)
        self._light_from = light_from
        self._normal_below = normal_below
        self._became_light = 0
        self.level: Level = "normal"
        self.pressure = 0.0

    def update(self, pressure: float) -> Level:
        """Take in the pressure of now and return the level that follows."""
        self.pressure = pressure
        if self.level == "normal":
            if pressure >= self._light_from:
                self.level = "light"
                self._became_light += 1
        elif pressure < self._normal_below:
            self.level = "normal"
        return self.level

    def statistics(self) -> PressureGateStatistics:
        """Return the state at this moment."""
        return PressureGateStatistics(self.level, self.pressure, self._became_light)

    def __repr__(self) -> str:
        return f"<PressureGate {self.level} at {self.pressure:.2f}>"


@dataclass(frozen=True, slots=True)
class ServicePressureStatistics:
    """The levels that make the level of the service.

    Attributes:
        level: the worst of them.
        sources: the level of each, by name; of several with one name the worst.
        failed: sources that failed and were taken out.
    """

    level: Level
    sources: dict[str, Level]
    failed: int


class ServicePressure:
    """The level of the whole process: the worst of those who measure one.

    There is one, `service_pressure`. While anybody measures, every scope's ``level`` obeys it. A
    source that fails is logged once and taken out: the service goes on without it.
    """

    __slots__ = ("_each", "_failed", "_sources")

    def __init__(self) -> None:
        self._sources: dict[object, tuple[str, Callable[[], Level]]] = {}
        # Read at every call of a degradable function, and changed hardly ever.
        self._each: tuple[tuple[object, tuple[str, Callable[[], Level]]], ...] = ()
        self._failed = 0

    def add(self, name: str, level: Callable[[], Level]) -> Callable[[], None]:
        """Ask ``level()`` from now on, until the function that this returns is called."""
        key = object()
        self._sources[key] = name, level
        self._each = tuple(self._sources.items())
        _hooks.pressure_from(self.level_here)

        def remove() -> None:
            self._remove(key)

        return remove

    def level(self) -> Level:
        """Return the worst level of all sources; ``normal`` without any."""
        level: Level = "normal"
        for key, (name, source) in self._each:
            found = self._ask(key, name, source)
            if found != "normal":
                level = worse(level, found)
        return level

    def level_here(self) -> Level:
        """Return that, or the level that the running request was let in with, if it is worse."""
        mark, level = LIGHT_MARK.get(), self.level()
        return level if mark is None or mark.level == "normal" else worse(mark.level, level)

    def statistics(self) -> ServicePressureStatistics:
        """Return the level of each source at this moment."""
        levels: dict[str, Level] = {}
        for key, (name, source) in self._each:
            levels[name] = worse(levels.get(name, "normal"), self._ask(key, name, source))
        return ServicePressureStatistics(self.level(), levels, self._failed)

    def __repr__(self) -> str:
        return f"<ServicePressure {self.level()}, of {len(self._sources)} sources>"

    def _ask(self, key: object, name: str, source: Callable[[], Level]) -> Level:
        try:
            level = source()
            # Also refuses what is no level.
            return level if level == "normal" else worse("normal", level)
        except Exception:
            logger.exception("the pressure source %r failed and was removed", name)
            self._failed += 1
            self._remove(key)
            return "normal"

    def _remove(self, key: object) -> None:
        self._sources.pop(key, None)
        self._each = tuple(self._sources.items())
        if not self._sources:
            _hooks.pressure_from(None)


service_pressure = ServicePressure()


def current_level() -> Level:
    """Return how much the running code may still spend: ``normal``, ``light`` or ``exhausted``.

    Inside a request the worst of the pressure on the service, the level that the request was let in
    with, and what it has left of its budget, as `TaskScope.level` has it. Outside of one it is the
    pressure on the service. Threads do not know the budget, the rest they do. Never raises.
    """
    scope = current_scope()
    # A budget belongs to its loop: from a thread it may not be counted.
    if scope is None or scope._budget.loop is not asyncio._get_running_loop():
        return _hooks.pressure()
    return scope.level
