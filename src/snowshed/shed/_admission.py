"""Which requests of a service are begun: what everybody has decided, put together for one request.

The limiter knows units and deadlines and nothing of paths; the route table knows what a path costs;
the rules know what the operator wants; the meter counts. A server asks one object about each
request, and tells it how the request has ended.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from contextvars import Token
from typing import TYPE_CHECKING, Protocol

from snowshed.core import _clock
from snowshed.errors import Overloaded
from snowshed.shed._baggage import Baggage, current_baggage, set_baggage
from snowshed.shed._bounds import tighter
from snowshed.shed._criticality import Criticality, effective
from snowshed.shed._effects import (
    NO_EFFECT,
    REQUEST_EFFECT,
    Effect,
    current_effects,
    sampled_out,
)
from snowshed.shed._light import LIGHT_MARK, LightMark
from snowshed.shed._meter import Meter
from snowshed.shed._retry_after import come_back
from snowshed.shed._routes import Route, RouteTable

if TYPE_CHECKING:
    from snowshed.core._budget import TaskBudget
    from snowshed.core._hooks import Level
    from snowshed.shed._grant import Grant
    from snowshed.shed._limiter import AdaptiveLimiter

__all__ = ["Admission", "Admitted"]

logger = logging.getLogger("snowshed.shed")


class Counted(Protocol):
    """What an admission asks of a request: the tasks that live in it."""

    @property
    def counted(self) -> TaskBudget:
        """Its budget."""
        ...


class Admitted:
    """A request that was let in; `finish` is called once when it has ended.

    Attributes:
        budget: live tasks that it was granted; None: what the service grants to all.
        level: ``light`` if it should give a light answer.
        timeout: seconds until its response must have begun; None: as configured.
        light: whether it has the cost of a light answer.
    """

    __slots__ = (
        "_admission",
        "_began",
        "_ended",
        "_grant",
        "_mark",
        "_path",
        "_request",
        "budget",
        "route",
        "timeout",
    )

    def __init__(
        self,
        admission: Admission,
        route: Route,
        grant: Grant | None,
        path: tuple[str, str],
        *,
        began: float,
    ) -> None:
        self._admission = admission
        self.route = route
        self._grant = grant
        self._path = path
        self._began = began
        self._request: Counted | None = None
        self._ended = False
        light = grant is not None and grant.level == "light" and admission.enforce
        self._mark = LightMark("light" if light else "normal")
        self.budget: int | None = None
        self.timeout: float | None = None

    @property
    def level(self) -> Level:
        """See above."""
        return self._mark.level

    @property
    def light(self) -> bool:
        """See above."""
        return self._mark.level != "normal" or self._mark.count > 0

    @property
    def gave_light(self) -> bool:
        """Whether the lighter of two ways was taken for it so far."""
        return self._mark.count > 0

    def handle(self, request: Counted) -> Token[LightMark | None]:
        """Have the running code, and what it starts, know what was decided for ``request``."""
        self._request = request
        REQUEST_EFFECT.set(self.effect)
        return LIGHT_MARK.set(self._mark)

    def effect(self) -> Effect:
        """Return what the rules say about this request now."""
        effects = current_effects()
        if self._ended:
            return effects.service
        request = self._request
        if request is None or not effects.request_rules:
            return effects.of(self.route.name)
        budget = request.counted
        return effects.for_request(self.route.name, spawned=budget.spawned, peak=budget.peak)

    def answered(self) -> None:
        """Take note that the response has begun: from now on it may take its time."""
        if self._grant is not None:
            self._grant.answered()

    def finish(
        self,
        request: Counted,
        *,
        failed: bool,
        late: bool = False,
        gone: bool = False,
        template: str | None = None,
    ) -> None:
        """Give back what it was granted, and learn what it has cost. Never raises.

        What it has started, and lives on, is from now on as free as the service itself.

        Args:
            request: what was admitted.
            failed: whether it came to a bad end: an error of the service's, a missed deadline.
            late: whether its deadline has ended it.
            gone: whether its client left before there was an answer.
            template: the template of its path, if the framework has told.
        """
        grant, self._grant = self._grant, None
        try:
            if grant is None:
                self._admission._bypass_ended(self, template)
                return
            if gone:
                grant.cancel()
            else:
                grant.finish(dropped=late)
            self._admission._ended(self, request, failed=failed, gone=gone, template=template)
        except Exception:
            if self._admission._fails_first("learning from a request"):
                logger.exception("learning from a request failed; the service goes on")
        finally:
            self._request = None
            self._ended = True
            self._mark.level = "normal"


class Admission:
    """Says which requests are begun, on which terms, and learns from how they end.

    Belongs to one event loop. Costs some 7 us for a request that is let in and as much at its end,
    9 us for one that is refused; memory is bounded by the number of routes.

    Args:
        limiter: how much may be in flight.
        routes: what requests cost and how critical they are.
        meter: counts what happens, for the rules.
        enforce: False: nobody is refused; `refused` counts who would have been.
    """

    def __init__(
        self,
        limiter: AdaptiveLimiter,
        *,
        routes: RouteTable | None = None,
        meter: Meter | None = None,
        enforce: bool = True,
    ) -> None:
        self.limiter = limiter
        self.routes = RouteTable({}) if routes is None else routes
        self.meter = Meter() if meter is None else meter
        self.enforce = enforce
        self._refused: dict[str, int] = {}
        self._bypassed = 0
        self._failed: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._when_serving: Callable[[asyncio.AbstractEventLoop], object] | None = None

    def __repr__(self) -> str:
        mode = "enforce" if self.enforce else "dry-run"
        return f"<Admission {mode} {self.limiter!r}>"

    def when_serving(self, begin: Callable[[asyncio.AbstractEventLoop], object]) -> None:
        """Call ``begin(loop)`` once, when the first request comes."""
        self._when_serving = begin

    def belong_to(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve ``loop`` from now on.

        Raises:
            RuntimeError: it serves another one that is not closed; each loop needs its own.
        """
        owner = self._loop
        if owner is not None and owner is not loop and not owner.is_closed():
            msg = f"{self!r} serves another event loop; make an Admission for each"
            raise RuntimeError(msg)
        self._loop = loop

    def offer(
        self,
        method: str,
        path: str,
        time_left: float | None = None,
        *,
        timeout: float | None = None,
        trusted: bool = False,
        waited: float = 0.0,
    ) -> Admitted:
        """Let a request in, or refuse it.

        Its class and id are those of `current_baggage`, which is set anew where they change.

        Args:
            method: its verb.
            path: as it was asked for.
            time_left: seconds until the deadline that its caller has set; None: none was.
            timeout: seconds after which the service ends it; None: any time.
            trusted: whether its caller may raise its class.
            waited: seconds that it has waited in this process already.

        Raises:
            Overloaded: it should not be begun.
        """
        if self._when_serving is not None:
            self._begin(self._when_serving)
        route = self.routes.find(method, path)
        if route.bypass:
            self._bypassed += 1
            return Admitted(self, route, None, (method, path), began=0.0)
        now = _clock.now()
        effect = current_effects().of(route.name)
        baggage = self._baggage(route, effect, trusted=trusted)
        timeout = tighter(timeout, effect.timeout)
        try:
            grant = self._grant(
                route, effect, baggage, time_left=time_left, timeout=timeout, waited=waited
            )
        except Overloaded as error:
            self._count_refusal(route, now, error)
            if self.enforce:
                raise
            grant = self.limiter.let_in(route.cost(light=False), time_left=time_left)
        try:
            self.meter.admitted(route.name, now)
            admitted = Admitted(self, route, grant, (method, path), began=now - waited)
        except BaseException:
            grant.cancel()
            raise
        admitted.timeout = effect.timeout
        if self.enforce:
            admitted.budget = route.declared_cost(light=admitted.light)
        return admitted

    def _grant(
        self,
        route: Route,
        effect: Effect,
        baggage: Baggage,
        *,
        time_left: float | None,
        timeout: float | None,
        waited: float,
    ) -> Grant:
        if effect is not NO_EFFECT:
            _refuse_by_rule(effect, baggage)
        return self.limiter.admit(
            route.cost(light=False),
            light=route.cost(light=True) if self.enforce else None,
            time_left=time_left,
            timeout=timeout,
            waited=waited,
            criticality=_class_of(baggage),
        )

    def _begin(self, begin: Callable[[asyncio.AbstractEventLoop], object]) -> None:
        self._when_serving = None
        try:
            begin(asyncio.get_running_loop())
        except Exception:
            logger.exception("the rules could not be started; the service goes on without them")

    def _baggage(self, route: Route, effect: Effect, *, trusted: bool) -> Baggage:
        before = current_baggage()
        criticality, request_id = before.criticality, before.request_id
        if criticality is route.criticality is None and effect is NO_EFFECT:
            return before
        if criticality is not None or route.criticality is not None:
            criticality = effective(route.criticality, criticality, trusted=trusted)
        if request_id is None and effect.sample > 1:
            # The next hops have to draw the same lot.
            request_id = uuid.uuid4().hex
        if (criticality, request_id) == (before.criticality, before.request_id):
            return before
        baggage = Baggage(criticality, request_id)
        set_baggage(baggage)
        return baggage

    def _count_refusal(self, route: Route, now: float, error: Overloaded) -> None:
        self._refused[error.reason] = self._refused.get(error.reason, 0) + 1
        if self.enforce:
            self.meter.refused(route.name, now, error.reason)

    def _ended(
        self,
        admitted: Admitted,
        request: Counted,
        *,
        failed: bool,
        gone: bool,
        template: str | None,
    ) -> None:
        now = _clock.now()
        # A client that leaves is no failure of the service.
        bad = failed and not gone
        self.meter.finished(admitted.route.name, now, now - admitted._began, bad)
        route = admitted.route
        if template is not None and not route.declared:
            route = self.routes.learn_template(*admitted._path, template)
        # One whose tasks were refused would have needed more than it had.
        if not (failed or gone or request.counted.refused):
            route.learn(request.counted.peak, admitted.light)

    def _bypass_ended(self, admitted: Admitted, template: str | None) -> None:
        if template is not None:
            self.routes.question_bypass(admitted._path[1], template)

    def _fails_first(self, what: str) -> bool:
        """Tell whether ``what`` has not failed before."""
        known = what in self._failed
        self._failed.add(what)
        return not known

    @property
    def refused(self) -> Mapping[str, int]:
        """Requests that were refused, by reason; in dry-run those that would have been."""
        return dict(self._refused)


def _refuse_by_rule(effect: Effect, baggage: Baggage) -> None:
    if effect.refuse_below is not None and _class_of(baggage) < effect.refuse_below:
        name = _class_of(baggage).name.lower()
        what = f"a rule refuses requests of class {name}"
        raise Overloaded(what, "class", come_back())
    if effect.sample > 1 and sampled_out(baggage.request_id or "", effect.sample):
        what = f"a rule serves one request in {effect.sample}"
        raise Overloaded(what, "sampled", come_back())


def _class_of(baggage: Baggage) -> Criticality:
    return Criticality.CRITICAL if baggage.criticality is None else baggage.criticality
