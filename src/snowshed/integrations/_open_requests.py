"""Which requests are open now, and how many tasks each of them holds.

In a flood the first question is who it is. The totals of a process do not say that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.core._census import live_in
from snowshed.integrations._observed import ObservedRequest

if TYPE_CHECKING:
    from snowshed.core._budget import TaskBudget

__all__ = ["OpenRequest", "OpenRequests", "open_requests"]

SHOWN = 50


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """One request that has not ended.

    Attributes:
        name: its verb and path.
        live: its tasks that have not ended, beside the one that handles it.
    """

    name: str
    live: int


@dataclass(frozen=True, slots=True)
class OpenRequests:
    """The requests of a process that have not ended.

    Attributes:
        open: how many there are.
        busiest: those with the most live tasks, at most 50.
    """

    open: int
    busiest: tuple[OpenRequest, ...]


def open_requests(budgets: Iterable[TaskBudget]) -> OpenRequests:
    """Return what is open of the requests with these budgets. Costs O(live tasks)."""
    counted = [(live_in(budget.live), budget) for budget in budgets]
    counted.sort(key=lambda pair: pair[0], reverse=True)
    busiest = (OpenRequest(name_of(budget), live) for live, budget in counted[:SHOWN])
    return OpenRequests(len(counted), tuple(busiest))


def name_of(budget: TaskBudget) -> str:
    # Of a request that is only observed nothing else is read: that would make a whole budget of it.
    if isinstance(budget, ObservedRequest):
        return "an ended request" if budget.host is None else budget._name_of(budget.info)
    return budget.name
