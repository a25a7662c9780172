"""What `snowshed.init` returns: everything that is attached to one process.

It watches every event loop, has a scope opened around each request, and keeps the totals. All that
it hooks into the service is guarded: what fails there is logged once, switched off, and the service
goes on.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from snowshed.attach import (
    _clients,
    _installed,
    _loops,
    _on_import,
    _other_servers,
    _servers,
    _unretrieved,
)
from snowshed.attach._account import Account, Ledger
from snowshed.attach._classify import Classifier, TaskClass
from snowshed.attach._client_count import ClientCount
from snowshed.attach._executor import count_thread_jobs
from snowshed.attach._observing import Observing
from snowshed.attach._reporter import Reporter
from snowshed.attach._sweep import Sweep
from snowshed.attach._turnstile import SpawnDecision
from snowshed.core._census import live_in
from snowshed.integrations import _headers
from snowshed.integrations._incoming import Caller
from snowshed.integrations._request import Request, Tally, watch_requests
from snowshed.integrations.asgi import App, RequestScopeMiddleware
from snowshed.model import RequestReport
from snowshed.observe._registry._origin import Origin
from snowshed.observe._registry._registry import Registry
from snowshed.observe._settings import Settings as ObserveSettings

if TYPE_CHECKING:
    from snowshed.attach._settings import Settings
    from snowshed.attach._shed import Shed
    from snowshed.core._budget import Ending, TaskBudget
    from snowshed.integrations._debug import Observed
    from snowshed.shed._admission import Admission
    from snowshed.shed._rules import RuleRunner

__all__ = ["Runtime", "RuntimeStatistics"]

T = TypeVar("T")
logger = logging.getLogger("snowshed.attach")
SITES_IN_REPORT = 5
_UVLOOP_CAME_FIRST = (
    "uvloop was imported before snowshed.init() was called: tasks on its loops are not counted; "
    "call it before that import, or start the service by 'snowshed run'"
)


@dataclass(frozen=True, slots=True)
class RuntimeStatistics:
    """Totals of one process since it was attached.

    Attributes:
        mode: ``observe`` or ``enforce``.
        requests: requests and connections that have ended.
        open_requests: those that have not.
        live: tasks of open requests that have not ended.
        over_budget: ended ones that exceeded their budget, or would have been refused tasks.
        spawned: tasks of ended requests.
        refused: tasks that were refused.
        would_refuse: tasks that ``enforce`` would have refused.
        outlived: tasks that lived on when their request had ended.
        late: tasks started in the context of a request that had ended before.
        bypassed: tasks of requests that were made past the task factory, where they were found.
        headers_ignored: what callers said about time, budget, class or id that cannot be read.
        reports_suppressed: report lines that the rate limit left out.
        failures: hooks of ours that failed and were switched off.
    """

    mode: Literal["observe", "enforce"]
    requests: int
    open_requests: int
    live: int
    over_budget: int
    spawned: int
    refused: int
    would_refuse: int
    outlived: int
    late: int
    bypassed: int
    headers_ignored: int
    reports_suppressed: int
    failures: int


class Runtime:
    """Snowshed in this process; made by `init`.

    Cost: for each task of the service a few per cent of its creation; for each request two to
    three callbacks' worth. Memory: O(live tasks of open requests).
    """

    def __init__(
        self, settings: Settings, shed: Shed | None = None, observe: ObserveSettings | None = None
    ) -> None:
        self.settings = settings
        self._shed = shed
        self._classifier = Classifier(settings)
        self._late = Ledger(self._classifier)
        self._decision = SpawnDecision(
            self._classifier,
            enforce=settings.mode == "enforce",
            note_late=self.note_late,
            failed=self.failed,
        )
        self.registry = Registry(self._who_asked, time.monotonic)
        self._reporter = Reporter(settings.log_interval, time.monotonic)
        self._sweep = Sweep(time.perf_counter)
        self._failed: set[str] = set()
        self._open: set[_Watcher] = set()
        self._tally = Tally(settings.sites_from)
        self.clients = ClientCount()
        # Threads and sockets: nothing of it, unless it is started, see `start`.
        self._observing = Observing(observe or ObserveSettings(), self)
        self._started = False
        self._requests = self._over_budget = self._spawned = 0
        self._refused = self._would_refuse = self._outlived = self._bypassed = 0

    def __repr__(self) -> str:
        open_requests = len(self._open) + len(self._tally.open)
        return f"<snowshed.Runtime {self.settings.mode} open_requests={open_requests}>"

    # Attaching.

    def start(self) -> None:
        """Attach to every loop and server of this process, those of the future included."""
        self._started = True
        watch_requests(self._watch, self._tally)
        _loops.watch_loops(self, lambda: self.failed("watching loops"))
        for name, change in _servers.SERVERS.items():
            _on_import.when_imported(name, partial(change, wrap=self.wrap), self.failed)
        _other_servers.attach(self)
        _clients.attach(self)
        _on_import.when_imported("prometheus_client", self._export, self.failed)
        _on_import.when_imported("opentelemetry.sdk.metrics", self._export_otel, self.failed)
        count = partial(count_thread_jobs, turnstile=self._decision, failed=self.failed)
        _on_import.when_imported("concurrent.futures.thread", count, self.failed)
        running = asyncio._get_running_loop()
        if running is not None:
            self.install(running)
            self.running(running, _loops.frame_of_running_loop())
        elif "uvloop" in sys.modules:
            logger.warning(_UVLOOP_CAME_FIRST)

    def _export(self, _prometheus_client: ModuleType) -> None:
        # Importing it loads prometheus_client, which only a service that wants metrics has done.
        from snowshed.integrations import prometheus  # noqa: PLC0415

        prometheus.register(self)
        if self._shed is not None:
            prometheus.register_shed(self._shed.sources())

    def _export_otel(self, _sdk: ModuleType) -> None:
        # The instruments belong to whatever provider the service will set.
        from snowshed.integrations import opentelemetry  # noqa: PLC0415

        opentelemetry.instrument(self)
        if self._shed is not None:
            opentelemetry.instrument_shed(self._shed.sources())

    def wrap(self, app: App) -> App:
        """Return ``app`` with a scope around each of its requests; unchanged if that fails."""
        return self.guarded("wrapping the application", app, self._middleware, app)

    def _middleware(self, app: App) -> App:
        self._observing.wrapped()
        settings = self.settings
        return RequestScopeMiddleware(
            app,
            budget=settings.budget,
            timeout=settings.timeout,
            enforce=settings.mode == "enforce",
            on_excess=settings.on_excess,
            after_budget=settings.after_budget,
            grace=settings.grace,
            admission=self.admission,
            trusted=() if self._shed is None else self._shed.settings.trusted,
        )

    @property
    def admission(self) -> Admission | None:
        """Which requests are begun; None: all."""
        return None if self._shed is None else self._shed.admission

    @property
    def rules(self) -> RuleRunner | None:
        """The operator's rules; None: there are none."""
        return None if self._shed is None else self._shed.rules

    def _who_asked(
        self, frame: FrameType | None, coro: object, loop: asyncio.AbstractEventLoop
    ) -> Origin:
        judged, code, offset = self._classifier.of_frame(
            frame, self._decision.loop_frames.get(loop)
        )
        if code is None:
            judged = self._classifier.of_coroutine(coro)
            code = self._classifier.code_of(coro)
        return Origin(judged, code, offset)

    @property
    def observed(self) -> Observed:
        """What is known of the tasks of this process, for `snowshed.integrations.debug`."""
        return self._observing.observed()

    def debug_sources(self) -> Mapping[str, Callable[[], object]]:
        """What else there is to show, by name, for `snowshed.integrations.debug`."""
        return self._observing.sources

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count the tasks of ``loop``; called when it begins to run."""
        _on_import.change_completed()
        _installed.install(loop, self._decision, self.registry.table)
        _unretrieved.listen(loop, self.registry.never_retrieved)

    def running(self, loop: asyncio.AbstractEventLoop, frame: FrameType | None) -> None:
        """Note which frame runs ``loop``, None: none any more."""
        frames = self._decision.loop_frames
        if frame is None:
            frames.pop(loop, None)
            _installed.stopped(loop)
        else:
            frames[loop] = frame
            if self._started:
                self._observing.loop_runs(loop)

    def after_fork(self) -> None:
        """Forget, in the child, what was of the parent: its loops and requests end there."""
        self._decision.loop_frames.clear()
        self._open.clear()
        self._tally.open.clear()
        self.registry.after_fork()

    def guarded(self, what: str, otherwise: T, hook: Callable[..., T], *args: Any) -> T:
        """Return ``hook(*args)``, or ``otherwise`` if that fails or ``what`` has failed before."""
        if what in self._failed:
            return otherwise
        try:
            return hook(*args)
        except Exception:  # noqa: BLE001 - the service must run
            self.failed(what)
            return otherwise

    def failed(self, what: str) -> None:
        """Log the exception being handled, once for each ``what``."""
        if what not in self._failed:
            self._failed.add(what)
            error = sys.exc_info()
            logger.error("snowshed failed at %s; it goes on without that", what, exc_info=error)

    # Accounting.

    def _watch(self, request: Request) -> _Watcher | None:
        return self.guarded("opening an account", None, self._open_account, request)

    def _open_account(self, request: Request) -> _Watcher:
        watcher = _Watcher(self, self._classifier, request)
        self._open.add(watcher)
        return watcher

    def note_late(
        self, coro: object, frame: FrameType | None, loop_frame: FrameType | None
    ) -> None:
        """Count a task that is started after its request has ended; report each new site once."""
        known = len(self._late.sites)
        self._late.judge(coro, frame, loop_frame)
        if len(self._late.sites) > known:
            self._reporter.write_late(self._late.newest_site())

    def request_ended(
        self, request: Request, account: Account, outlived: list[asyncio.Task[Any]]
    ) -> None:
        """Add a request to the totals; report it if there is something to say."""
        budget = account.budget
        self._requests += 1
        self._spawned += budget.spawned
        self._outlived += len(outlived)
        self._would_refuse += account.excess
        self._refused += budget.refused
        if account.detailed:
            account.bypassed = len(account.own(self._sweep.bypassers(budget, outlived)))
            self._bypassed += account.bypassed
        if account.excess or budget.refused:
            self._over_budget += 1
        elif not outlived:
            return
        self._reporter.write(self._report(request, account, outlived))

    def _report(
        self, request: Request, account: Account, outlived: list[asyncio.Task[Any]]
    ) -> RequestReport:
        budget = account.budget
        return RequestReport(
            request=request.name,
            route=_route_of(request.info) or request.name,
            mode=self.settings.mode,
            budget=request.budgeted,
            peak=budget.peak,
            spawned=budget.spawned + budget.refused,
            refused=budget.refused,
            would_refuse=account.excess,
            live_at_response=request.live_at_response,
            outlived=len(outlived),
            others=account.others,
            ended=request.reason or "",
            sites=account.top_sites(SITES_IN_REPORT),
            outlivers=account.functions(outlived, SITES_IN_REPORT),
        )

    def _open_budgets(self) -> list[TaskBudget]:
        # Copied at once: requests come and go in other threads. No tuples: see `core._census`.
        return [*(account.budget for account in self._open.copy()), *self._tally.open.copy()]

    def statistics(self) -> RuntimeStatistics:
        """Return the totals so far; from any thread. Cost: O(live tasks of open requests)."""
        tally = self._tally
        budgets = self._open_budgets()
        return RuntimeStatistics(
            mode=self.settings.mode,
            requests=self._requests + tally.ended,
            open_requests=len(budgets),
            live=sum(live_in(budget.live) for budget in budgets),
            over_budget=self._over_budget,
            spawned=self._spawned + tally.spawned,
            refused=self._refused,
            would_refuse=self._would_refuse,
            outlived=self._outlived,
            late=self._late.counts.get(TaskClass.USER, 0),
            bypassed=self._bypassed,
            headers_ignored=_headers.statistics().ignored,
            reports_suppressed=self._reporter.suppressed,
            failures=len(self._failed),
        )


class _Watcher(Account):
    """The account of one request, and whom to tell when the request has ended."""

    __slots__ = ("_runtime",)

    def __init__(self, runtime: Runtime, classifier: Classifier, request: Request) -> None:
        super().__init__(classifier, request.counted, runtime.settings.sites_from)
        self._runtime = runtime

    def own(self, tasks: Iterable[Ending]) -> list[asyncio.Task[Any]]:
        """See `Account.own`; nothing, if that fails."""
        return self._runtime.guarded("telling whose tasks live on", [], super().own, tasks)

    def ended(self, request: Request, outlived: list[asyncio.Task[Any]]) -> None:
        """Hand the account over; called once."""
        runtime = self._runtime
        runtime._open.discard(self)
        what = "accounting for requests"
        runtime.guarded(what, None, runtime.request_ended, request, self, outlived)


def _route_of(info: Any) -> str | None:
    """Return the template of the path, where a framework left it in what is known of a request."""
    if isinstance(info, Caller):
        return None if info.template is None else f"{info.method} {info.template}"
    if not isinstance(info, dict):
        return None
    path = getattr(info.get("route"), "path", None)
    return f"{info.get('method', 'WS')} {path}" if isinstance(path, str) else None
