"""One route: its name, what the service says about it, what its requests have cost so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snowshed.shed._cost import LearnedCost
from snowshed.shed._criticality import Criticality, parse_criticality

if TYPE_CHECKING:
    from snowshed.shed._routes._policy import RoutePolicy

__all__ = ["Route", "RouteStatistics"]


@dataclass(frozen=True, slots=True)
class RouteStatistics:
    """What is known of a route.

    Attributes:
        name: as in logs and metrics, for instance ``GET /users/{id}``.
        cost: tasks that a full answer is charged.
        light_cost: tasks that a light answer is charged.
        cost_declared: whether the full cost was declared; else it is learned.
        learned: requests that ended with a full answer, from which the cost was learned.
        learned_light: the same of light answers.
        criticality: the class that was declared; None: none was.
        bypass: whether it is admitted always.
    """

    name: str
    cost: float
    light_cost: float
    cost_declared: bool
    learned: int
    learned_light: int
    criticality: str | None
    bypass: bool


class Route:
    """Requests that are alike: same name, same policy, and what they cost.

    Attributes:
        name: a label of bounded cardinality.
        policy: what the service says about it.
        criticality: the class in the policy; None: it names none.
        bypass: whether it is admitted always and counted nowhere.
        declared: whether its pattern stands in the settings.
        template: the template that the framework told of it last; None: none.
    """

    __slots__ = (
        "_full",
        "_light",
        "bypass",
        "criticality",
        "declared",
        "name",
        "policy",
        "template",
    )

    def __init__(self, name: str, policy: RoutePolicy, *, declared: bool = False) -> None:
        self.name = name
        self.policy = policy
        self.declared = declared
        self.template: str | None = None
        self.bypass = policy.bypass
        self.criticality: Criticality | None = parse_criticality(policy.criticality or "")
        self._full = LearnedCost()
        self._light = LearnedCost()

    def cost(self, light: bool) -> float:
        """Return the tasks that a full or a light answer is charged; at least 1.

        What was declared, else what was learned. A light answer of which nothing is known is
        charged as a full one: whether the route has a cheaper answer at all is not known either.
        """
        if light:
            if self.policy.light is not None:
                return self.policy.light
            if self._light.learned:
                return self._light.cost
        return self._full.cost if self.policy.cost is None else self.policy.cost

    def declared_cost(self, light: bool) -> int | None:
        """Return the most tasks that a request may have, as declared; None: nothing is declared.

        What was learned is a mean, and no bound for a single request. Where only the full answer is
        declared, a light one may cost as much.
        """
        policy = self.policy
        return policy.light if light and policy.light is not None else policy.cost

    def learn(self, tasks: int, light: bool) -> None:
        """Take in a request that has ended, with ``tasks`` live at its peak."""
        (self._light if light else self._full).learn(tasks)

    @property
    def learned(self) -> int:
        """How many requests it has learned from."""
        return self._full.learned + self._light.learned

    def start_from(self, other: Route) -> None:
        """Begin with the costs of ``other``, whose requests turned out to be of this route."""
        self._full.start_from(other._full)
        self._light.start_from(other._light)

    def statistics(self) -> RouteStatistics:
        """Return what is known at this moment."""
        return RouteStatistics(
            name=self.name,
            cost=self.cost(light=False),
            light_cost=self.cost(light=True),
            cost_declared=self.policy.cost is not None,
            learned=self._full.learned,
            learned_light=self._light.learned,
            criticality=self.policy.criticality,
            bypass=self.bypass,
        )

    def __repr__(self) -> str:
        now = self.statistics()
        how = "declared" if now.cost_declared else f"of {now.learned} requests"
        return f"<Route {self.name!r}: {now.cost:.1f} tasks ({how}), light {now.light_cost:.1f}>"
