"""Runs the rules of a service: reads, judges, acts and tells, once a second.

Everything that decides is elsewhere and pure; here is what applies it. Nothing here waits: the
file, the cluster and the hooks are asked in tasks of their own, and whatever they do, the next
evaluation comes a second later. If the evaluation itself fails three times in a row, the rules are
switched off, and the service goes on as if there were none.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Generator, Mapping
from contextvars import Context
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from snowshed.core import _clock
from snowshed.errors import ConfigError
from snowshed.shed._effects import Effects, set_effects
from snowshed.shed._rules._cluster import ClusterLink, ClusterReader
from snowshed.shed._rules._collect import Collector, counted
from snowshed.shed._rules._engine import Readings, State, adopt, effects_of, evaluate, withdraw
from snowshed.shed._rules._event import RuleEvent
from snowshed.shed._rules._gauges import GAUGES, Gauges
from snowshed.shed._rules._hooks import HOOKS, HookRunner, HookStatistics
from snowshed.shed._rules._reload import RulesFile
from snowshed.shed._rules._report import report
from snowshed.shed._rules._threads import DaemonThreads
from snowshed.shed._sensors import LoopLag, Sensors

if TYPE_CHECKING:
    from snowshed.shed._meter import Meter
    from snowshed.shed._rules._metric import Metric
    from snowshed.shed._rules._model import Rule, RuleTree

__all__ = ["RuleRunner", "RuleStatistics"]

logger = logging.getLogger("snowshed.rules")
EVENTS_KEPT = 200
FAILURES = 3
_DISK = DaemonThreads("snowshed-rules-file")


@dataclass(frozen=True, slots=True)
class RuleStatistics:
    """What the rules of a service did so far.

    Attributes:
        rules: rules in force.
        active: rules (and routes of them) that are active now, in dry-run too.
        evaluations: how often they were judged.
        failed: evaluations that failed.
        entered: changes to active.
        left: changes to inactive.
        reloaded: files that took the place of another.
        rejected: files that had changed and were not right.
        cluster_failed: exchanges with the cluster that failed.
        cluster_lost: whether rules of the cluster judge this instance alone just now.
        switched_off: whether the rules were switched off because they failed.
        hooks: what became of the hooks.
    """

    rules: int
    active: int
    evaluations: int
    failed: int
    entered: int
    left: int
    reloaded: int
    rejected: int
    cluster_failed: int
    cluster_lost: bool
    switched_off: bool
    hooks: HookStatistics


class RuleRunner:
    """Runs rules for a service.

    ::

        runner = RuleRunner(RulesFile("rules.toml"), meter=meter)
        task = runner.start()

    Args:
        rules: the file, or rules that never change.
        meter: counts of requests.
        enforce: False: all rules are in dry-run, whatever they say.
        pressure: units in use / limit.
        cluster: where the counts of all instances come together.
        grace: seconds without an answer of ``cluster`` after which this instance stands alone.
        sensors: readings of the system.
        gauges: readings of the application; those of the process.
        interval: seconds between two evaluations.
        publish: gets the effects whenever they change; the slot of the process.

    Raises:
        ConfigError: the file cannot be read, or holds a mistake.
    """

    def __init__(
        self,
        rules: RulesFile | RuleTree,
        *,
        meter: Meter,
        enforce: bool = True,
        pressure: Callable[[], float | None] | None = None,
        cluster: ClusterLink | None = None,
        grace: float = 5.0,
        sensors: Sensors | None = None,
        gauges: Gauges = GAUGES,
        interval: float = 1.0,
        publish: Callable[[Effects], object] = set_effects,
    ) -> None:
        self._file = rules if isinstance(rules, RulesFile) else None
        self._enforce = enforce
        self._tree = self._admitted(rules.load() if isinstance(rules, RulesFile) else rules)
        self._lag = LoopLag()
        self._collector = Collector(meter, sensors or Sensors(self._lag), gauges, pressure)
        self._cluster = ClusterReader(cluster, grace=grace)
        self._hooks = HookRunner(HOOKS)
        self._interval = interval
        self._publish = publish
        self._state: State = {}
        self._readings = Readings()
        self._effects = Effects()
        self._events: deque[RuleEvent] = deque(maxlen=EVENTS_KEPT)
        self._task: asyncio.Task[None] | None = None
        self._polling: asyncio.Task[None] | None = None
        self._counts: Counter[str] = Counter()
        self._failures_in_a_row = 0
        self._now = 0.0

    async def run(self) -> None:
        """Judge the rules every second until cancelled; then all that are active leave."""
        self._lag.start()
        self._put_in_force()
        try:
            while not self._switched_off:
                await asyncio.sleep(self._interval)
                self._poll()
                await self._turn(_clock.now())
        finally:
            self._lag.stop()
            if self._polling is not None:
                self._polling.cancel()
            self._withdraw("the rules have ended", _clock.now())
            await self._hooks.drain()
            await self._cluster.aclose()
            await self._hooks.aclose()

    def start(self) -> asyncio.Task[None]:
        """Start `run` in a task of the running loop that belongs to no request; return the task."""
        if self._task is None or self._task.done():
            # In the context of a request it would be one of that request's tasks.
            self._task = asyncio.get_running_loop().create_task(
                self.run(), name="snowshed-rules", context=Context()
            )
        return self._task

    def tick(self, now: float) -> list[RuleEvent]:
        """Judge the rules once; return what has changed. Never raises.

        Args:
            now: monotonic seconds.
        """
        reading = self._begin(now)
        try:
            while True:
                next(reading)
        except StopIteration as end:
            return cast(list[RuleEvent], end.value)

    async def _turn(self, now: float) -> None:
        """Judge the rules once, with turns for the loop in between."""
        for _ in self._begin(now):
            await asyncio.sleep(0)

    def _begin(self, now: float) -> Generator[None, None, list[RuleEvent]]:
        self._now = now
        self._counts["evaluations"] += 1
        try:
            readings = yield from self._collector.read(self._tree, now)
            events = self._judge(readings, now)
        except Exception:
            self._counts["failed"] += 1
            self._failures_in_a_row += 1
            logger.exception("the rules could not be judged")
            if self._switched_off:
                self._withdraw("the rules were switched off", now)
                logger.error("the rules were switched off; the service goes on without them")
            return []
        self._failures_in_a_row = 0
        return events

    def use(self, tree: RuleTree, now: float) -> None:
        """Put other rules in force; rules that keep their name keep their state."""
        tree = self._admitted(tree)
        self._state, events = adopt(self._tree, tree, self._state, now)
        self._tree = tree
        self._counts["reloaded"] += 1
        self._notice(f"read {sum(1 for _ in tree.walk())} rules from {tree.origin}", now)
        self._tell(events)
        self._put_in_force()

    @property
    def events(self) -> tuple[RuleEvent, ...]:
        """The last 200 events, oldest first."""
        return tuple(self._events)

    def statistics(self) -> RuleStatistics:
        """Return what happened so far."""
        return RuleStatistics(
            rules=sum(1 for _ in self._tree.walk()),
            active=sum(each.active for each in self._state.values()),
            evaluations=self._counts["evaluations"],
            failed=self._counts["failed"],
            entered=self._counts["enter"],
            left=self._counts["leave"],
            reloaded=self._counts["reloaded"],
            rejected=self._counts["rejected"],
            cluster_failed=self._cluster.failed,
            cluster_lost=self._cluster.lost,
            switched_off=self._switched_off,
            hooks=self._hooks.statistics(),
        )

    def report(self) -> dict[str, object]:
        """Return everything that there is to see, as JSON knows it, for a debug endpoint."""
        return report(self._tree, self._state, self._readings, self._effects, self._now) | {
            "switched_off": self._switched_off,
            "cluster": {
                "connected": self._cluster.connected,
                "lost": self._cluster.lost,
                "failed": self._cluster.failed,
            },
            "events": [event.as_dict() for event in self._events],
        }

    def __repr__(self) -> str:
        now = self.statistics()
        off = " (switched off)" if now.switched_off else ""
        return f"<RuleRunner {self._tree.origin!r}{off}: {now.rules} rules, {now.active} active>"

    @property
    def _switched_off(self) -> bool:
        return self._failures_in_a_row >= FAILURES

    def _judge(self, readings: Readings, now: float) -> list[RuleEvent]:
        shared = self._tree.metrics("cluster")
        if shared:
            readings = replace(readings, cluster=self._of_cluster(shared, now))
        self._readings = readings
        self._state, events = evaluate(self._tree, self._state, readings, now)
        if events:
            self._tell(events)
            self._put_in_force()
        return events

    def _of_cluster(
        self, metrics: frozenset[Metric], now: float
    ) -> Mapping[str, float | None] | None:
        windows, news = self._cluster.look(now)
        if news:
            self._notice(news, now)
        if self._cluster.connected:
            self._cluster.ask(self._collector.windows(metrics, now), now)
        return None if windows is None else counted(metrics, windows)

    def _put_in_force(self) -> None:
        before = {rule.name: rule.hits for rule in self._effects.request_rules}
        self._effects = effects_of(self._tree, self._state)
        for rule in self._effects.request_rules:
            rule.hits = before.get(rule.name, 0)
        self._publish(self._effects)

    def _withdraw(self, why: str, now: float) -> None:
        """Take every effect out of force; whoever was told that a rule acts hears of its end."""
        events = withdraw(self._tree, self._state, now, why)
        self._state, self._effects = {}, Effects()
        self._publish(self._effects)
        try:
            self._tell(events)
        except Exception:
            logger.exception("not every hook could be told that the rules have ended")

    def _tell(self, events: list[RuleEvent]) -> None:
        for event in events:
            self._counts[event.event] += 1
            self._note(event)
            if event.hook and event.mode == "enforce":
                self._hooks.fire(event.hook, event)

    def _notice(self, why: str, now: float) -> None:
        self._note(RuleEvent(at=now, event="notice", why=why))

    def _note(self, event: RuleEvent) -> None:
        self._events.append(event)
        logger.warning("%s", event, extra={"snowshed": event})

    def _poll(self) -> None:
        """Look at the file in a thread: a disk that hangs must not hold the loop."""
        if self._file is not None and self._polling is None:
            self._polling = asyncio.get_running_loop().create_task(
                self._poll_file(self._file), name="snowshed-rules-file"
            )

    async def _poll_file(self, file: RulesFile) -> None:
        try:
            tree = await asyncio.get_running_loop().run_in_executor(_DISK, file.poll)
            if tree is not None:
                self.use(tree, _clock.now())
        except ConfigError as error:
            self._counts["rejected"] += 1
            self._notice(f"{error}; the rules of before stay in force", _clock.now())
        except Exception:
            self._counts["rejected"] += 1
            logger.exception("the rules file could not be looked at")
        finally:
            self._polling = None

    def _admitted(self, tree: RuleTree) -> RuleTree:
        if self._enforce:
            return tree
        return replace(tree, rules=tuple(map(_as_dry_run, tree.rules)))


def _as_dry_run(rule: Rule) -> Rule:
    return replace(rule, mode="dry-run", then=tuple(map(_as_dry_run, rule.then)))
