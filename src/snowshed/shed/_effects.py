"""What the rules have decided, in the form in which a request reads it.

Rules are judged once a second; requests come thousands of times a second. So the outcome of all
rules is put together once, when one of them enters or leaves, and a request pays one look into a
dictionary. The outcome is never changed in place: a new one takes its place, so that a request sees
either all of a decision or nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from snowshed.shed._criticality import Criticality

__all__ = [
    "NO_EFFECT",
    "REQUEST_EFFECT",
    "Effect",
    "Effects",
    "RequestRule",
    "current_effects",
    "degraded",
    "sampled_out",
    "set_effects",
]


@dataclass(frozen=True, slots=True)
class Effect:
    """What is to be done with a request.

    Attributes:
        degraded: features (and groups of features) to be left out of the answer.
        sample: one request in so many is served, the others are refused; 1: all.
        timeout: seconds until the response must have begun; None: as configured. It only tightens.
        refuse_below: requests of a lower class are refused; None: of no class.
    """

    degraded: frozenset[str] = frozenset()
    sample: int = 1
    timeout: float | None = None
    refuse_below: Criticality | None = None

    def merged(self, other: Effect) -> Effect:
        """Return the effect of both: of two numbers, the stricter one."""
        timeouts = [each for each in (self.timeout, other.timeout) if each is not None]
        classes = [each for each in (self.refuse_below, other.refuse_below) if each is not None]
        return Effect(
            degraded=self.degraded | other.degraded,
            sample=max(self.sample, other.sample),
            timeout=min(timeouts, default=None),
            refuse_below=max(classes, default=None),
        )


NO_EFFECT = Effect()


class RequestRule:
    """A rule that acts on one request as soon as that has made too many tasks.

    Args:
        name: the rule's.
        metric: which of the request's two counts is judged.
        above: the count that it may have.
        effect: what happens to a request that has more.
        enforced: False: only count the requests to which it would happen.
        routes: those on which it acts; None: all.
    """

    __slots__ = ("above", "effect", "enforced", "hits", "metric", "name", "routes")

    def __init__(
        self,
        name: str,
        *,
        metric: Literal["peak_tasks", "spawned_tasks"],
        above: float,
        effect: Effect,
        enforced: bool,
        routes: frozenset[str] | None = None,
    ) -> None:
        self.name = name
        self.metric = metric
        self.above = above
        self.effect = effect
        self.enforced = enforced
        self.routes = routes
        self.hits = 0

    def __repr__(self) -> str:
        mode = "" if self.enforced else " (dry-run)"
        return (
            f"<RequestRule {self.name!r}{mode}: {self.metric} > {self.above:g}, {self.hits} hits>"
        )


class Effects:
    """The outcome of all rules that are active.

    Args:
        service: what happens to every request.
        routes: what also happens on single routes.
        request_rules: what may happen to single requests.
    """

    __slots__ = ("_routes", "request_rules", "service")

    def __init__(
        self,
        service: Effect = NO_EFFECT,
        *,
        routes: Mapping[str, Effect] | None = None,
        request_rules: Sequence[RequestRule] = (),
    ) -> None:
        self.service = service
        self.request_rules = tuple(request_rules)
        self._routes = {name: service.merged(own) for name, own in (routes or {}).items()}

    def of(self, route: str) -> Effect:
        """Return what happens to a request on ``route``. Costs one look into a dictionary."""
        return self._routes.get(route, self.service)

    def for_request(self, route: str, *, spawned: int = 0, peak: int = 0) -> Effect:
        """Return what happens to a request that has made so many tasks.

        Worth asking at the few places where a request decides what to do next; ``request_rules`` is
        empty where there is nothing to ask. Each call counts as a hit of each rule that it meets.

        Args:
            route: the route of the request.
            spawned: tasks that it has made.
            peak: the most of them that lived at once.
        """
        effect = self.of(route)
        for rule in self.request_rules:
            if rule.routes is not None and route not in rule.routes:
                continue
            if (spawned if rule.metric == "spawned_tasks" else peak) > rule.above:
                rule.hits += 1
                if rule.enforced:
                    effect = effect.merged(rule.effect)
        return effect

    def __repr__(self) -> str:
        return (
            f"<Effects service={self.service} routes={len(self._routes)} "
            f"request_rules={len(self.request_rules)}>"
        )


_current = Effects()
REQUEST_EFFECT: ContextVar[Callable[[], Effect] | None] = ContextVar("REQUEST_EFFECT", default=None)
"""Tells what happens to the request in whose context the code runs; None outside of requests."""


def current_effects() -> Effects:
    """Return the outcome that is in force in this process."""
    return _current


def set_effects(effects: Effects | None) -> None:
    """Put an outcome in force for the whole process; None: that of no rule at all."""
    global _current  # noqa: PLW0603 - one slot per process is the design
    _current = effects or Effects()


def degraded(feature: str) -> bool:
    """Return whether ``feature`` is to be left out now, as the rules have it.

    The place where an answer is put together asks it, before the work is begun::

        if not degraded("recommendations"):
            page["recommendations"] = await recommend(user)

    Inside a request it knows the rules of its route too, and those that judge the request itself;
    elsewhere those of the whole service. Where no rules run, nothing is degraded. Costs less than
    a microsecond, and never raises.

    Args:
        feature: a name that rules use in ``degrade``: a feature, or a group of features.
    """
    source = REQUEST_EFFECT.get()
    effect = _current.service if source is None else source()
    return feature in effect.degraded


def sampled_out(request_id: str, n: int) -> bool:
    """Return whether this request is among those that a sample of 1 in ``n`` leaves out.

    The same for the same id on every hop, in every process and on every Python, so that a request
    which the first service lets through is not refused by the third; and what a sample of 100
    keeps, a sample of 10 keeps too. Costs about a microsecond.

    Args:
        request_id: the id that travels with the request (``x-request-id``).
        n: 1 and less leave nothing out.
    """
    if n <= 1:
        return False
    digest = blake2b(request_id.encode(errors="backslashreplace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % n != 0
