"""What can be set for a service in the flood: section ``shed`` of the settings."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

from snowshed.shed._criticality import TrustedPeers
from snowshed.shed._routes import RoutePolicy, RouteTable

__all__ = ["LimitName", "Settings"]

LimitName = Literal["deadline", "gradient2", "vegas", "aimd", "fixed"]
_NO_ROUTES: dict[str, RoutePolicy] = {}
_NO_FEATURES: dict[str, tuple[str, ...]] = {}
_NO_OVERRIDES: dict[str, dict[str, Any]] = {}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When requests are refused or answered lightly, and by which rules.

    Attributes:
        mode: ``enforce`` refuses what is too much, as far as ``run.mode`` enforces; ``dry-run``
            refuses nobody and counts who would have been; ``off`` does nothing.
        objective: seconds within which a request without a deadline of its own should be answered.
        limit: the rule that learns how many tasks may be in flight: ``deadline`` is ours, the
            others were made to count requests (see the reference), ``fixed`` is ``max_limit``.
        max_limit: tasks in flight, whatever is learned.
        trusted: networks of callers that may raise the class of a request, such as 10.0.0.0/8.
        rules: a file with rules, relative to the current directory; ``standard``: those that come
            with snowshed; ``[[shed.rules]]``: the rules themselves; None: no rules.
        use: ``standard`` adds those that come with snowshed to the rules themselves.
        features: groups of features that the rules themselves may name, by the group's name.
        overrides: keys of the rules that come with snowshed, by the name of the rule.
        redis: URL of the Redis in which instances share their counts for rules of scope
            ``cluster``; None: each instance judges alone.
        routes: what is known of single routes, by method and path: ``"GET /feed"``.

    Raises:
        ValueError: a time or limit that is not positive, a route that is none.
    """

    mode: Literal["enforce", "dry-run", "off"] = "enforce"
    objective: float = 1.0
    limit: LimitName = "deadline"
    max_limit: float = 20_000.0
    trusted: tuple[str, ...] = ()
    rules: str | tuple[dict[str, Any], ...] | None = None
    use: Literal["standard"] | None = None
    features: dict[str, tuple[str, ...]] = _NO_FEATURES
    overrides: dict[str, dict[str, Any]] = _NO_OVERRIDES
    redis: str | None = None
    routes: dict[str, RoutePolicy] = _NO_ROUTES

    def __post_init__(self) -> None:
        """Refuse what the types cannot."""
        if not 0 < self.objective < math.inf:
            msg = f"objective must be a positive number of seconds, not {self.objective!r}"
            raise ValueError(msg)
        if not 2 <= self.max_limit < math.inf:
            msg = f"max_limit must be 2 tasks or more, not {self.max_limit!r}"
            raise ValueError(msg)
        TrustedPeers(self.trusted)
        RouteTable(self.routes)
