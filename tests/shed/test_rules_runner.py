"""The runner: reads, judges, acts, and never hurts the service that it runs in."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest

from _flooded import RULES, clean_slate, fail, kinds, live
from snowshed.core import _clock
from snowshed.shed._effects import NO_EFFECT, current_effects
from snowshed.shed._meter import Meter, Window
from snowshed.shed._rules import RuleEvent, RuleRunner, parse_rules
from snowshed.shed._rules._gauges import Gauges
from snowshed.shed._target import target
from snowshed.testing import run_virtual


@pytest.fixture(autouse=True)
def clean() -> Iterator[list[RuleEvent]]:
    with clean_slate() as told:
        yield told


def test_a_flood_of_errors_degrades_and_calm_restores(clean: list[RuleEvent]) -> None:
    seen = []

    async def main() -> RuleRunner:
        meter = Meter(now=0.0)
        runner = RuleRunner(parse_rules(RULES), meter=meter, publish=seen.append)
        await live(runner, meter, 60, lambda second: 0.9 if second < 15 else 0.0)
        return runner

    runner = run_virtual(main())
    assert kinds(runner) == [("enter", "errors"), ("leave", "errors")]
    degraded = [effects.service.degraded for effects in seen]
    assert degraded == [frozenset(), {"non-core", "reviews"}, frozenset(), frozenset()]
    assert [event.event for event in clean] == ["enter", "leave"]
    now = runner.statistics()
    assert (now.entered, now.left, now.active, now.failed) == (1, 1, 0, 0)
    assert now.hooks.called == 2


def test_the_slot_of_the_process_is_empty_again_when_it_ends() -> None:
    async def main() -> frozenset[str]:
        meter = Meter(now=0.0)
        runner = RuleRunner(parse_rules(RULES), meter=meter)
        task = runner.start()
        assert runner.start() is task
        for _ in range(10):
            fail(meter, _clock.now())
            await asyncio.sleep(1)
        degraded = current_effects().service.degraded
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return degraded

    assert run_virtual(main()) == {"non-core", "reviews"}
    assert current_effects().of("/") == NO_EFFECT


def test_a_rule_that_is_active_at_the_end_leaves_and_its_hook_hears_it(
    clean: list[RuleEvent],
) -> None:
    async def main() -> RuleRunner:
        meter = Meter(now=0.0)
        runner = RuleRunner(parse_rules(RULES), meter=meter)
        await live(runner, meter, 10, lambda second: 0.9)
        return runner

    runner = run_virtual(main())
    assert kinds(runner) == [("enter", "errors"), ("leave", "errors")]
    assert [(event.event, event.why) for event in clean][1:] == [("leave", "the rules have ended")]
    assert runner.statistics().active == 0


@pytest.mark.parametrize("enforce", [True, False])
def test_a_dry_run_changes_nothing_and_calls_nobody(
    enforce: bool, clean: list[RuleEvent], caplog: pytest.LogCaptureFixture
) -> None:
    text = RULES if not enforce else RULES.replace("enforce", "dry-run")
    meter = Meter(now=0.0)
    runner = RuleRunner(parse_rules(text), meter=meter, enforce=enforce)
    for second in range(10):
        fail(meter, float(second))
        runner.tick(float(second))
    assert kinds(runner) == [("enter", "errors")]
    assert current_effects().service == NO_EFFECT
    assert clean == []
    assert (runner.statistics().failed, runner.statistics().hooks.called) == (0, 0)
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "mode=dry-run" in record.message
    assert 'would="degrade non-core, hook test-runner"' in record.message
    assert record.snowshed is runner.events[0]  # type: ignore[attr-defined]


def test_gauges_pressure_and_routes_are_read() -> None:
    text = """
[[rules]]
name = "queue"
when = "gauge(queue) > 10"
for = "0s"
action = { sample = 2 }
[[rules]]
name = "full"
when = "pressure > 90%"
for = "0s"
action = { sample = 2 }
[[rules]]
name = "slow"
when = "p99 > 50ms"
window = "5s"
route = "/"
for = "0s"
action = { sample = 2 }
"""
    meter, gauges = Meter(now=0.0), Gauges()
    gauges.register("gauge", "queue", lambda: 11)
    runner = RuleRunner(parse_rules(text), meter=meter, gauges=gauges, pressure=lambda: 0.95)
    fail(meter, 0.0)
    runner.tick(1.0)
    assert kinds(runner) == [("enter", "queue"), ("enter", "full"), ("enter", "slow")]


def test_to_read_many_routes_leaves_turns_for_the_loop() -> None:
    text = '[[rules]]\nname = "a"\nwhen = "p99 > 1s"\nroute = "*"\naction = { sample = 2 }'
    meter = Meter(now=0.0)
    for i in range(95):
        meter.finished(f"/{i}", 0.5, 2.0, False)

    async def main() -> tuple[int, RuleRunner]:
        runner, turns = RuleRunner(parse_rules(text), meter=meter), 0
        task = runner.start()
        await asyncio.sleep(1.0)
        while not runner._readings.routes:
            turns += 1
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return turns, runner

    turns, runner = run_virtual(main())
    assert turns >= 9
    assert len(runner._readings.routes) == 95


def test_the_breakers_of_shared_targets_need_no_registration() -> None:
    text = """
[[rules]]
name = "stock is away"
when = 'breaker("test-of-rules") is open'
for = "0s"
action = { degrade = "stock" }
"""
    runner = RuleRunner(parse_rules(text), meter=Meter())
    runner.tick(1.0)
    breaker = target("test-of-rules").breaker
    assert breaker is not None
    runner.tick(2.0)
    assert kinds(runner) == []
    breaker.force_open()
    runner.tick(3.0)
    assert kinds(runner) == [("enter", "stock is away")]


def test_a_pressure_that_fails_is_switched_off(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> float:
        raise RuntimeError

    text = '[[rules]]\nname = "a"\nwhen = "pressure > 90%"\naction = { sample = 2 }'
    runner = RuleRunner(parse_rules(text), meter=Meter(), pressure=broken)
    for second in range(5):
        runner.tick(float(second))
    assert len(caplog.records) == 1
    assert runner.statistics().failed == 0


class BreakableMeter(Meter):
    broken = False

    def window(self, seconds: int, now: float, route: str | None = None) -> Window:
        if self.broken:
            raise RuntimeError("broken")
        return super().window(seconds, now, route)


def test_an_evaluation_that_fails_thrice_switches_the_rules_off(
    caplog: pytest.LogCaptureFixture, clean: list[RuleEvent]
) -> None:
    async def main() -> RuleRunner:
        meter = BreakableMeter(now=0.0)
        runner = RuleRunner(parse_rules(RULES), meter=meter)
        task = asyncio.create_task(runner.run())
        for _ in range(8):
            fail(meter, _clock.now())
            await asyncio.sleep(1)
        assert current_effects().service.degraded
        meter.broken = True
        await task
        return runner

    runner = run_virtual(main())
    assert current_effects().service == NO_EFFECT
    assert runner.statistics().switched_off
    assert runner.statistics().failed == 3
    assert "the rules were switched off" in caplog.text
    assert "switched off" in repr(runner)
    assert [(e.event, e.why) for e in clean][1:] == [("leave", "the rules were switched off")]


def test_everything_that_there_is_to_see_is_json() -> None:
    text = (
        RULES
        + """
[[rules]]
name = "wide"
when = "peak_tasks > 10"
action = { degrade = "x" }
[[rules]]
name = "slow"
when = "p99 > 50ms"
route = "*"
for = "0s"
action = { refuse = "sheddable", timeout = "1s" }
"""
    )
    meter = Meter(now=0.0)
    runner = RuleRunner(parse_rules(text.replace("test-runner", "nobody")), meter=meter)
    fail(meter, 0.0)

    async def main() -> None:
        for second in range(8):
            runner.tick(float(second))
        current_effects().for_request("/", peak=11)

    run_virtual(main())
    found = json.loads(json.dumps(runner.report()))
    errors, wide, slow = found["rules"]
    assert (errors["active"], errors["value"], errors["changed_seconds_ago"]) == (
        True,
        "50.0%",
        3.0,
    )
    assert (wide["active"], wide["hits"]) == (True, 1)
    assert (slow["active"], slow["routes"]) == (True, ["/"])
    assert found["effect"]["degraded"] == ["non-core", "reviews"]
    assert [event["rule"] for event in found["events"]] == ["slow", "errors"]
    assert repr(runner) == "<RuleRunner 'rules.toml': 3 rules, 2 active>"


def test_what_it_remembers_is_bounded() -> None:
    text = '[[rules]]\nname = "a"\nwhen = "gauge(g) > 0"\nfor = "0s"\nmin_dwell = "0s"'
    gauges, value = Gauges(), [0]
    gauges.register("gauge", "g", lambda: value[0])
    runner = RuleRunner(
        parse_rules(text + "\naction = { sample = 2 }"), meter=Meter(), gauges=gauges
    )
    for second in range(500):
        value[0] = second % 2
        runner.tick(float(second))
    assert len(runner.events) == 200
    assert runner.statistics().entered == 250
