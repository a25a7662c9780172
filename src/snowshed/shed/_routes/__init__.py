"""Which route a request belongs to, what the service says about it, what it costs.

Costs and classes belong to routes, not to requests: nobody has seen this request before, but many
like it. What is *like it* must be known before the application has routed it, and may not be
decided by the client: one that asks for a million paths must not make a million routes.
"""

from __future__ import annotations

from snowshed.shed._routes._policy import RoutePolicy
from snowshed.shed._routes._route import Route, RouteStatistics
from snowshed.shed._routes._table import DEFAULT_BYPASS, RouteTable, RouteTableStatistics

__all__ = [
    "DEFAULT_BYPASS",
    "Route",
    "RoutePolicy",
    "RouteStatistics",
    "RouteTable",
    "RouteTableStatistics",
]
