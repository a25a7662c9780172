"""Which scopes are open now, and how many tasks each of them holds.

Their ``statistics()`` belong to the thread of their loop; this only reads, and may be called from
any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.core._budget import NO_LIMIT
from snowshed.core._census import live_in

if TYPE_CHECKING:
    from snowshed.core._scope import TaskScope

__all__ = ["OpenScope", "OpenScopes", "scopes_in"]

SHOWN = 50


@dataclass(frozen=True, slots=True)
class OpenScope:
    """A scope that was entered and not left.

    Attributes:
        name: of the scope.
        live: tasks below it that have not ended.
        budget: how many may live at once; None: any number.
        limit: how many of its own children may run at once; None: any number.
        spawned: tasks below it so far.
        refused: spawns that its budget refused.
        remaining: seconds until its deadline; None without one.
        reason: why it is being ended; empty if it is not.
    """

    name: str
    live: int
    budget: int | None
    limit: int | None
    spawned: int
    refused: int
    remaining: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class OpenScopes:
    """The scopes of a process that were entered and not left.

    Attributes:
        open: how many there are.
        by_name: how many there are of each name, 50 names at most, the most frequent first.
        busiest: those with the most live tasks, at most 50.
    """

    open: int
    by_name: dict[str, int]
    busiest: tuple[OpenScope, ...]


def scopes_in(scopes: Iterable[TaskScope]) -> OpenScopes:
    """Return what is open of ``scopes``. Costs O(live tasks)."""
    counted = [(live_in(scope._budget.live), scope) for scope in scopes]
    counted.sort(key=lambda pair: pair[0], reverse=True)
    names = Counter(scope.name for _, scope in counted)
    busiest = (_shown(scope, live) for live, scope in counted[:SHOWN])
    return OpenScopes(len(counted), dict(names.most_common(SHOWN)), tuple(busiest))


def _shown(scope: TaskScope, live: int) -> OpenScope:
    budget = scope._budget
    return OpenScope(
        name=scope.name,
        live=live,
        budget=None if budget.limit == NO_LIMIT else budget.limit,
        limit=scope._limit,
        spawned=budget.spawned,
        refused=budget.refused,
        remaining=scope.remaining(),
        reason=scope.reason or "",
    )
