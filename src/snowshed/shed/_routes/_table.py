"""The routes of a service: those that were declared, those that its framework told, and guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snowshed.shed._routes._pattern import (
    ANY_METHOD,
    PatternTree,
    methods_and_segments,
    segments_of,
)
from snowshed.shed._routes._policy import RoutePolicy
from snowshed.shed._routes._route import Route, RouteStatistics
from snowshed.shed._routes._shape import shape_of

__all__ = ["DEFAULT_BYPASS", "RouteTable", "RouteTableStatistics"]

# What asks whether the service lives must be answered while it sheds, or it is restarted for being
# busy. GET and HEAD only, and only these paths exactly; a route of yours with one of these names
# that is real work is declared with ``bypass = false``.
DEFAULT_BYPASS = (
    "/health",
    "/healthz",
    "/health/live",
    "/health/ready",
    "/live",
    "/livez",
    "/liveness",
    "/ready",
    "/readyz",
    "/readiness",
    "/startupz",
    "/metrics",
)
METHODS = frozenset(
    {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "WS"}
)
OTHER_METHOD = "_OTHER"
UNDECLARED_AT_MOST = 1000
TEMPLATES_AT_MOST = 1000
# What a client can make us remember: so many paths of at most that length, twice.
PATHS_AT_MOST = 2048
LONGEST_PATH = 256
# A guessed route with fewer requests than this may go when there is no place for another.
ESTABLISHED_FROM = 20
LOOKED_AT_FOR_ONE = 8

_NOTHING_SAID = RoutePolicy()


@dataclass(frozen=True, slots=True)
class RouteTableStatistics:
    """What a `RouteTable` holds.

    Attributes:
        declared: patterns that were declared, the defaults for health checks not included.
        templates: patterns that the framework has told.
        undeclared: routes that were made of those and of paths.
        remembered: paths whose route is known without looking it up.
        evicted: undeclared routes that were forgotten for others.
        overflowed: look-ups of new routes for which there was no place: they count as ``other``.
        routes: what is known of each route, the busiest first; without the defaults for health
            checks, of which nothing is learned.
    """

    declared: int
    templates: int
    undeclared: int
    remembered: int
    evicted: int
    overflowed: int
    routes: tuple[RouteStatistics, ...]


class _Declared:
    """A pattern of the settings; one with ``*`` is a policy of many routes."""

    __slots__ = ("name", "policy", "route")

    def __init__(self, pattern: str, policy: RoutePolicy) -> None:
        self.name = pattern
        self.policy = policy
        is_one = not pattern.endswith("*")
        self.route = Route(pattern, policy, declared=True) if is_one else None


class RouteTable:
    """Finds the route of a request by its method and path, before the application has.

    ::

        table = RouteTable({"GET /feed": RoutePolicy(cost=20, light=2), "/admin/*": admin})
        route = table.find("GET", "/users/4711")

    In this order: a declared pattern without ``*``; a template that the framework has told
    (`learn_template`); the shape of the path, with ``{}`` for its ids. A declared pattern that ends
    in ``*`` gives its policy to every route below it, and each of these learns its own cost. HEAD
    is as GET.

    However many paths a client invents, the table holds 1,000 undeclared routes and 4,096 paths. A
    route that was hardly used makes place for a new one; if none will, the new one counts as
    ``other``.

    Args:
        declared: policies by pattern: ``GET /users/{id}``, ``/health`` (any method), ``/static/*``.
            Those of health checks are added to them, unless the same path is declared.

    Raises:
        ValueError: a pattern that is none, an unknown method, two patterns for the same requests.

    Costs about 0.2 us for a path that was asked for lately, some 5 us for another.
    """

    __slots__ = (
        "_by_default",
        "_declared",
        "_declared_routes",
        "_evicted",
        "_former",
        "_overflowed",
        "_patterns",
        "_recent",
        "_templates",
        "_told",
        "_undeclared",
    )

    def __init__(self, declared: Mapping[str, RoutePolicy]) -> None:
        self._patterns = len(declared)
        self._declared: PatternTree[_Declared] = PatternTree()
        self._declared_routes: list[Route] = []
        self._by_default: set[str] = set()
        self._declare_all(declared)
        self._templates: PatternTree[str] = PatternTree()
        self._told = 0
        self._undeclared: dict[tuple[str, str], Route] = {}
        # Two generations: what is asked for often is never forgotten in a flood of new paths.
        self._recent: dict[tuple[str, str], Route] = {}
        self._former: dict[tuple[str, str], Route] = {}
        self._evicted = 0
        self._overflowed = 0

    def find(self, method: str, path: str) -> Route:
        """Return the route of a request; never None, and of bounded number."""
        route = self._recent.get((method, path))
        return self._look_up(method, path) if route is None else route

    def learn_template(self, method: str, path: str, template: str) -> Route:
        """Note the template by which the framework has routed ``path``; return the path's route.

        To be called at the end of each request whose template is known (``scope["route"].path``);
        what a request has cost is learned by the route that this returns. Costs little when there
        is nothing new. A mounted application tells less than the whole path: the rest is guessed.
        """
        route = self.find(method, path)
        if route.declared or route.template == template:
            return route
        if self._tell(_known(method), _whole_template(path, template)):
            self._recent.clear()
            self._former.clear()
            guessed, route = route, self.find(method, path)
            route.start_from(guessed)
        route.template = template
        return route

    def question_bypass(self, path: str, template: str) -> None:
        """Take a default bypass back, if the framework serves its path by a pattern for any.

        A service whose profiles are at ``/{name}`` has one for the user *live* too.
        """
        found = self._declared.place(segments_of(path))
        default = found.get("GET")
        if default is None or default.name not in self._by_default or template == path:
            return
        del found["GET"]
        self._by_default.discard(default.name)
        self._recent.clear()
        self._former.clear()

    def statistics(self) -> RouteTableStatistics:
        """Return what is known of every route. Costs O(routes)."""
        routes = [*self._declared_routes, *self._undeclared.values()]
        routes.sort(key=lambda route: route.learned, reverse=True)
        return RouteTableStatistics(
            declared=self._patterns,
            templates=self._told,
            undeclared=len(self._undeclared),
            remembered=len(self._recent) + len(self._former),
            evicted=self._evicted,
            overflowed=self._overflowed,
            routes=tuple(route.statistics() for route in routes),
        )

    def __repr__(self) -> str:
        return (
            f"<RouteTable {self._patterns} declared, {self._told} templates, "
            f"{len(self._undeclared)} undeclared, {self._evicted} evicted>"
        )

    def _declare_all(self, declared: Mapping[str, RoutePolicy]) -> None:
        for pattern, policy in declared.items():
            method, segments = methods_and_segments(pattern)
            if method not in METHODS | {ANY_METHOD}:
                known = ", ".join(sorted(METHODS))
                msg = f"route {pattern!r}: unknown method {method!r}; known are {known}"
                raise ValueError(msg)
            place = self._declared.place(segments)
            if method in place:
                msg = f"routes {place[method].name!r} and {pattern!r} are the same; declare one"
                raise ValueError(msg)
            place[method] = made = _Declared(pattern, policy)
            if made.route is not None:
                self._declared_routes.append(made.route)
        for path in DEFAULT_BYPASS:
            place = self._declared.place(segments_of(path))
            if ANY_METHOD not in place and "GET" not in place:
                place["GET"] = _Declared(f"GET {path}", RoutePolicy(bypass=True))
                self._by_default.add(f"GET {path}")

    def _look_up(self, method: str, path: str) -> Route:
        key = method, path
        route = self._former.get(key) or self._match(_known(method), segments_of(path))
        if len(method) + len(path) <= LONGEST_PATH:
            if len(self._recent) >= PATHS_AT_MOST:
                self._former, self._recent = self._recent, {}
            self._recent[key] = route
        return route

    def _match(self, method: str, segments: list[str]) -> Route:
        declared = self._declared.find(method, segments)
        if declared is None:
            return self._undeclared_route(method, segments, "", _NOTHING_SAID)
        if declared.route is None:
            return self._undeclared_route(method, segments, declared.name, declared.policy)
        return declared.route

    def _undeclared_route(
        self, method: str, segments: list[str], said_by: str, policy: RoutePolicy
    ) -> Route:
        name = self._templates.find(method, segments) or f"{method} {shape_of(segments)}"
        found = self._undeclared.get((name, said_by))
        if found is not None:
            return found
        if len(self._undeclared) >= UNDECLARED_AT_MOST and not self._make_place():
            self._overflowed += 1
            name = "other"
        return self._undeclared.setdefault((name, said_by), Route(name, policy))

    def _make_place(self) -> bool:
        """Forget a route that was hardly used; one that was not goes to the end of the line."""
        for _ in range(LOOKED_AT_FOR_ONE):
            key = next(iter(self._undeclared))
            route = self._undeclared.pop(key)
            if route.learned < ESTABLISHED_FROM and route.name != "other":
                self._evicted += 1
                return True
            self._undeclared[key] = route
        return False

    def _tell(self, method: str, template: str) -> bool:
        """Add a template; tell whether that is new."""
        if self._told >= TEMPLATES_AT_MOST:
            return False
        place = self._templates.place(segments_of(template))
        if method in place:
            return False
        place[method] = f"{method} {template}"
        self._told += 1
        return True


def _known(method: str) -> str:
    if method in METHODS:
        return method
    return "GET" if method == "HEAD" else OTHER_METHOD


def _whole_template(path: str, template: str) -> str:
    """Return ``template`` with what a mounted application leaves out of it put before it."""
    left_out = len(segments_of(path)) - len(segments_of(template))
    tree: PatternTree[bool] = PatternTree()
    tree.place(segments_of(template))[ANY_METHOD] = True
    if left_out <= 0 or tree.find("", segments_of(path)):
        return template
    return shape_of(segments_of(path)[:left_out]) + "/" + template.strip("/")
