"""Degrade before you refuse: a function that has a cheaper answer, and when that is given.

A page with fewer recommendations is worth nearly as much as one with all, and costs a tenth. Only
the code that makes it knows what to leave out. So it says so once, where the work is defined, and
calls nothing differently::

    @degradable(light=[], feature="recommendations")
    async def recommend(user: User) -> list[Item]: ...

The cheaper answer is given while the service or the request is under pressure (`current_level`),
and while a rule or a person has switched the feature off. Who calls the function need not know.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

from snowshed.shed._effects import degraded
from snowshed.shed._light import LIGHT_MARK
from snowshed.shed._pressure import current_level

__all__ = [
    "Degradable",
    "DegradableStatistics",
    "degradable",
    "feature_statistics",
]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
FEATURES_AT_MOST = 1000
OTHERS = "other"


@dataclass(frozen=True, slots=True)
class DegradableStatistics:
    """How often a degradable function, or all of one feature, gave which answer.

    Attributes:
        feature: the name by which rules and switches know it.
        full: calls that had the whole answer.
        light: calls that had the light one.
        by_rule: those of ``light`` that a rule or a switch decided, not the pressure.
    """

    feature: str
    full: int
    light: int
    by_rule: int


class Degradable(Protocol[P, R_co]):
    """A function that has a cheaper answer; it is called like the one that it was made of."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Give the whole answer or the light one."""
        ...

    def statistics(self) -> DegradableStatistics:
        """Return how often it gave which."""
        ...

    @overload
    def __get__(self, instance: None, owner: Any) -> Degradable[P, R_co]: ...
    @overload
    def __get__(
        self: Degradable[Concatenate[Any, Q], R], instance: object, owner: Any
    ) -> Degradable[Q, R]: ...


class _Counts:
    """What one function or feature has answered."""

    __slots__ = ("by_rule", "feature", "full", "light")

    def __init__(self, feature: str) -> None:
        self.feature = feature
        self.full = self.light = self.by_rule = 0

    def statistics(self) -> DegradableStatistics:
        return DegradableStatistics(self.feature, self.full, self.light, self.by_rule)


# By feature. Features stand in the code; but code can make names too, so their number is bounded.
_features: dict[str, _Counts] = {}


def feature_statistics() -> tuple[DegradableStatistics, ...]:
    """Return what each feature has answered, all of its functions together."""
    return tuple(counts.statistics() for counts in tuple(_features.values()))


def _counts_of_feature(feature: str) -> _Counts:
    if feature not in _features and len(_features) >= FEATURES_AT_MOST:
        feature = OTHERS
    return _features.setdefault(feature, _Counts(feature))


class _Choice:
    """Decides for one function, and counts what was decided."""

    __slots__ = ("_all", "_own", "feature")

    def __init__(self, feature: str) -> None:
        self.feature = feature
        self._own = _Counts(feature)
        self._all = _counts_of_feature(feature)

    def is_light(self) -> bool:
        by_rule = degraded(self.feature)
        if not by_rule and current_level() == "normal":
            self._own.full += 1
            self._all.full += 1
            return False
        for counts in (self._own, self._all):
            counts.light += 1
            counts.by_rule += by_rule
        mark = LIGHT_MARK.get()
        if mark is not None:
            mark.count += 1
        return True

    def statistics(self) -> DegradableStatistics:
        return self._own.statistics()


def degradable(
    *, light: object, feature: str | None = None
) -> Callable[[Callable[P, R]], Degradable[P, R]]:
    """Give a function a cheaper answer, for the times when the whole one costs too much.

    ::

        @degradable(light=popular_items, feature="recommendations")
        async def recommend(user: User, n: int = 20) -> list[Item]: ...

    For async and plain functions and methods; what it makes is one of the same kind, with
    ``statistics()``. An error of the light answer is an error of the call: there is no third.

    Args:
        light: what is done instead. A function is called with the same arguments; for an async
            function it may be async or not. Anything else is the answer itself: the same object
            each time, so for a list that callers add to, give a function.
        feature: the name by which rules and switches know it; several functions may share one.
            None: the function's own, as ``module.name``.

    Raises:
        TypeError: ``light`` is async and the function is not; what is decorated is no function.

    It is light while `current_level` is not ``normal`` (the service is nearly full, or the request
    was let in for a light answer, or it has used up most of its budget), or while ``degraded`` says
    that the feature is. A call costs 1 to 3 us more.
    """

    def decorate(fn: Callable[P, R]) -> Degradable[P, R]:
        if not callable(fn):
            msg = f"degradable {fn!r}: not a function; put @classmethod and the like above it"
            raise TypeError(msg)
        choice = _Choice(feature or f"{fn.__module__}.{fn.__qualname__}")
        made: Any = _async(fn, light, choice) if _is_async(fn) else _plain(fn, light, choice)
        made.statistics = choice.statistics
        return cast(Degradable[P, R], made)

    return decorate


def _is_async(fn: object) -> bool:
    return inspect.iscoroutinefunction(fn)


def _async(fn: Callable[..., Any], light: object, choice: _Choice) -> Callable[..., Any]:
    @wraps(fn)
    async def either(*args: Any, **kwargs: Any) -> Any:
        if not choice.is_light():
            return await fn(*args, **kwargs)
        answer = light(*args, **kwargs) if callable(light) else light
        return await answer if isinstance(answer, Awaitable) else answer

    return either


def _plain(fn: Callable[..., Any], light: object, choice: _Choice) -> Callable[..., Any]:
    if _is_async(light):
        msg = (
            f"degradable {choice.feature!r}: the light answer is async, the function is not; "
            "make both async, or give a plain function"
        )
        raise TypeError(msg)

    @wraps(fn)
    def either(*args: Any, **kwargs: Any) -> Any:
        if not choice.is_light():
            return fn(*args, **kwargs)
        return light(*args, **kwargs) if callable(light) else light

    return either
