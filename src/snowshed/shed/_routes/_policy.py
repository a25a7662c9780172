"""What the service says about one of its routes: the settings ``[shed.routes."GET /feed"]``."""

from __future__ import annotations

import msgspec

from snowshed.shed._criticality import CriticalityName  # noqa: TC001 - msgspec reads the types

__all__ = ["RoutePolicy"]


class RoutePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known about a route in advance; everything may be left out.

    Attributes:
        cost: tasks that a request has live at its peak; None: learned from what it has needed.
            Where the service enforces, a declared cost also is the request's budget.
        light: the same for its light answer.
        criticality: how bad it is if it is not answered; None: ``critical``. A caller can lower it
            by ``x-criticality``; a trusted one can raise it too.
        bypass: admitted always and counted nowhere. For what must be answered even in a flood and
            costs nothing: health checks, metrics.

    Raises:
        ValueError: a cost below 1, or a light answer that costs more than the full one.
    """

    cost: int | None = None
    light: int | None = None
    criticality: CriticalityName | None = None
    bypass: bool = False

    def __post_init__(self) -> None:
        """Refuse what the types cannot."""
        for name, cost in (("cost", self.cost), ("light", self.light)):
            if cost is not None and cost < 1:
                msg = f"{name} is 1 task or more, not {cost}: the task that answers counts too"
                raise ValueError(msg)
        if self.cost is not None and self.light is not None and self.light > self.cost:
            msg = f"light ({self.light} tasks) costs more than the full answer ({self.cost} tasks)"
            raise ValueError(msg)
