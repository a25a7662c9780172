"""Where a task comes from: the line that made it, the request and the scope that it works for.

The registry knows the line. The request is in the task's context, which a task shows from Python
3.12 on. Before, it is looked for among the tasks of the requests and scopes that are open.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from snowshed.attach._account import task_of
from snowshed.core._budget import CURRENT, OUTSIDE, TaskBudget
from snowshed.core._census import open_scopes
from snowshed.integrations._observed import ObservedRequest
from snowshed.integrations._open_requests import name_of
from snowshed.integrations._request import RequestScope

if TYPE_CHECKING:
    from snowshed.observe._registry._registry import Registry
    from snowshed.observe._registry._site import Site
    from snowshed.observe._registry._table import SiteTable
    from snowshed.observe._snapshot._provenance import Origin

TELLS_CONTEXT = sys.version_info >= (3, 12)
# A task of the last tenth of a second is looked for among so many at most, if it is the only one
# that is asked for.
YOUNG_AT_MOST = 2000
# And before Python 3.12 its request among so many.
BUDGETS_AT_MOST = 500

Budgets = Callable[[], Iterable[TaskBudget]]


class Origins:
    """Knows where tasks come from; see `snowshed.observe._snapshot._provenance`.

    Args:
        registry: what was seen of tasks being made.
        open_requests: returns the budgets of the requests that are open.
    """

    def __init__(self, registry: Registry, open_requests: Budgets) -> None:
        self._registry = registry
        self._open_requests = open_requests
        self._tables: Sequence[SiteTable] = ()

    def of(self, task: asyncio.Task[Any]) -> Origin | None:
        """Tell where ``task`` comes from. Cost: microseconds; before 3.12 up to a millisecond."""
        budget = _budget_in_context(task) if TELLS_CONTEXT else self._budget_with(task)
        return self._told(task, self._young(task), budget)

    def for_many(self) -> ManyOrigins:
        """Return what tells of many tasks quickly. Costs O(young tasks), before 3.12 O(tasks)."""
        return ManyOrigins(self._registry, self._open_requests)

    def _last_flood(self) -> float | None:
        return self._registry.last_flood()

    def _young(self, task: asyncio.Task[Any]) -> Site | None:
        every = ((site, each) for site, young in self._registry.young() for each in young)
        return next((site for site, each in islice(every, YOUNG_AT_MOST) if each() is task), None)

    def _budget_with(self, task: asyncio.Task[Any]) -> TaskBudget | None:
        found = None
        for budget in islice(self._open_requests(), BUDGETS_AT_MOST):
            if _host_of(budget) is task or _counts(budget, task):
                found = budget
                break
        for scope in islice(open_scopes(), BUDGETS_AT_MOST):
            if _counts(scope._budget, task) and _depth(scope._budget) > _depth(found):
                found = scope._budget
        return found

    def _told(
        self, task: asyncio.Task[Any], young: Site | None, budget: TaskBudget | None
    ) -> Origin | None:
        known = self._registry.known(task, self._tables)
        if known is None and young is None:
            known = self._registry.unnoted(task, self._last_flood())
        site = young if known is None else known.site
        if site is None and task.done():
            # It is noted no more, and somebody keeps it.
            site = self._registry.makers.only_maker(task)
        request, scope = ("", "") if budget is None else names_in(budget)
        age = None
        if known is not None and known.born is not None:
            age = max(self._registry.clock() - known.born, 0.0)
        if site is None:
            return (None, "user", request, scope, None)
        return (site.created_at, site.owner, request, scope, age)


class ManyOrigins(Origins):
    """The same for a look at all tasks: what it takes a search for one of is indexed first."""

    def __init__(self, registry: Registry, open_requests: Budgets) -> None:
        super().__init__(registry, open_requests)
        self._tables = registry.tables()
        self._flood = registry.last_flood()
        # By id, with the reference, as an id may be taken again while the look goes on.
        self._sites = {
            id(each()): (each, site) for site, young in registry.young() for each in young
        }
        self._budgets = {} if TELLS_CONTEXT else self._index()

    def _last_flood(self) -> float | None:
        return self._flood

    def _young(self, task: asyncio.Task[Any]) -> Site | None:
        each, site = self._sites.get(id(task), (None, None))
        return site if each is not None and each() is task else None

    def _budget_with(self, task: asyncio.Task[Any]) -> TaskBudget | None:
        return self._budgets.get(id(task))

    def _index(self) -> dict[int, TaskBudget]:
        index: dict[int, TaskBudget] = {}
        for budget in self._open_requests():
            index[id(_host_of(budget))] = budget
            index.update((id(task_of(ending)), budget) for ending in budget.live)
        for scope in open_scopes():
            budget = scope._budget
            for key in map(id, map(task_of, budget.live)):
                if _depth(budget) > _depth(index.get(key)):
                    index[key] = budget
        return index


def names_in(budget: TaskBudget) -> tuple[str, str]:
    """Return the names of the request and of the innermost scope that ``budget`` stands for."""
    scope = ""
    for each in budget.lineage():
        # Of a request that is only observed nothing else is read: it would become a whole budget.
        if isinstance(each, ObservedRequest) or isinstance(each.scope, RequestScope):
            return name_of(each), scope
        scope = scope or each.name
    return "", scope


def _budget_in_context(task: asyncio.Task[Any]) -> TaskBudget | None:
    # The base method: what a subclass has made of it is its own affair.
    context = asyncio.Task.get_context(task)  # type: ignore[attr-defined]
    budget: TaskBudget = context.get(CURRENT, OUTSIDE)
    return None if budget is OUTSIDE else budget


def _counts(budget: TaskBudget, task: asyncio.Task[Any]) -> bool:
    return any(task_of(ending) is task for ending in budget.live)


def _host_of(budget: TaskBudget) -> object:
    if isinstance(budget, ObservedRequest):
        return budget.host
    return None if budget.scope is None else budget.scope._host.task


def _depth(budget: TaskBudget | None) -> int:
    if budget is None:
        return -1
    depth = 0
    while budget is not None and not isinstance(budget, ObservedRequest):
        depth, budget = depth + 1, budget.parent
    return depth
