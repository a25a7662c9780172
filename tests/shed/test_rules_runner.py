"""The runner: reads, judges, acts, reloads, and never hurts the service that it runs in."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from snowshed.core import _clock
from snowshed.errors import ConfigError
from snowshed.shed._effects import NO_EFFECT, current_effects, set_effects
from snowshed.shed._meter import Meter, Window
from snowshed.shed._rules import RuleEvent, RuleRunner, RulesFile, parse_rules
from snowshed.shed._rules._gauges import Gauges
from snowshed.shed._rules._hooks import HOOKS
from snowshed.shed._target import target
from snowshed.testing import run_virtual

RULES = """
mode = "enforce"
[features]
non-core = ["reviews"]
[[rules]]
name = "errors"
when = "error_rate > 15%"
for = "3s"
min_dwell = "5s"
scope = "cluster"
action = { degrade = ["non-core"], hook = "test-runner" }
"""


@pytest.fixture(autouse=True)
def clean() -> Iterator[list[RuleEvent]]:
    told: list[RuleEvent] = []

    async def hook(event: RuleEvent) -> None:
        told.append(event)

    HOOKS["test-runner"] = hook
    set_effects(None)
    yield told
    set_effects(None)
    HOOKS.pop("test-runner", None)


def fail(meter: Meter, now: float, share: float = 0.5, n: int = 40) -> None:
    for i in range(n):
        meter.admitted("/", now)
        meter.finished("/", now, 0.1, i < share * n)


def kinds(runner: RuleRunner) -> list[tuple[str, str]]:
    return [(event.event, event.rule or event.why) for event in runner.events]


async def live(
    runner: RuleRunner, meter: Meter, seconds: int, share: Callable[[int], float]
) -> None:
    """Run the rules while requests fail as ``share(second)`` says."""
    task = asyncio.create_task(runner.run())
    for second in range(seconds):
        fail(meter, _clock.now(), share(second))
        await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


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
    caplog: pytest.LogCaptureFixture,
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


class Link:
    """A cluster of which the sums are made up."""

    def __init__(self) -> None:
        self.failed = 0.0
        self.broken: Exception | None = None
        self.hang = 0.0
        self.told: list[Mapping[int, Window]] = []
        self.running = 0
        self.overlapped = False
        self.left = 0

    async def aclose(self) -> None:
        self.left += 1
        raise RuntimeError("leaving failed")

    async def exchange(self, own: Mapping[int, Window]) -> Mapping[int, Window]:
        self.overlapped |= self.running > 0
        self.running += 1
        try:
            await asyncio.sleep(self.hang)
            if self.broken is not None:
                raise self.broken
            self.told.append(own)
            return {n: Window(10.0, finished=1000, failed=int(1000 * self.failed)) for n in own}
        finally:
            self.running -= 1


def test_cluster_rules_judge_all_instances() -> None:
    async def main() -> list[tuple[str, str]]:
        meter, link = Meter(now=0.0), Link()
        runner = RuleRunner(parse_rules(RULES), meter=meter, cluster=link)
        await live(runner, meter, 10, lambda second: 0.9)
        assert kinds(runner) == [], "this instance fails, the cluster as a whole does not"
        link.failed = 0.5
        await live(runner, meter, 10, lambda second: 0.0)
        assert link.told[0][10].seconds > 0
        return kinds(runner)

    assert run_virtual(main()) == [("enter", "errors")]


@pytest.mark.parametrize("how", ["broken", "hangs"])
def test_when_nobody_knows_the_cluster_this_instance_stands_alone(how: str) -> None:
    async def main() -> RuleRunner:
        meter, link = Meter(now=0.0), Link()
        runner = RuleRunner(parse_rules(RULES), meter=meter, cluster=link, grace=5.0)
        task = asyncio.create_task(live(runner, meter, 60, lambda second: 0.9))
        await asyncio.sleep(10)
        assert kinds(runner) == []
        if how == "broken":
            link.broken = ConnectionError("refused")
        else:
            link.hang = 3600.0
        await asyncio.sleep(20)
        link.broken, link.hang = None, 0.0
        await task
        assert not link.overlapped
        assert link.left == 1
        return runner

    runner = run_virtual(main())
    what = [kind for kind, _ in kinds(runner)]
    assert what == ["notice", "enter", "notice", "leave"]
    lost, back = (event.why for event in runner.events if event.event == "notice")
    assert "no answer about the cluster for" in lost
    assert ("ConnectionError: refused" if how == "broken" else "TimeoutError") in lost
    assert "judge this instance alone" in lost
    assert "the cluster answers again" in back
    assert runner.statistics().cluster_failed > 0
    assert not runner.statistics().cluster_lost


def test_before_the_first_answer_cluster_rules_wait() -> None:
    async def main() -> list[tuple[str, str]]:
        meter, link = Meter(now=0.0), Link()
        link.broken = ConnectionError("refused")
        runner = RuleRunner(parse_rules(RULES), meter=meter, cluster=link, grace=30.0)
        await live(runner, meter, 25, lambda second: 0.9)
        return kinds(runner)

    assert run_virtual(main()) == []


def rewrite(path: Path, text: str) -> None:
    """Replace a file as an editor does; its time must differ from that of before."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def test_a_changed_file_is_used_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    rewrite(path, RULES)

    async def main() -> RuleRunner:
        runner = RuleRunner(RulesFile(path), meter=Meter(now=0.0))
        task = asyncio.create_task(runner.run())
        await asyncio.sleep(3.5)
        rewrite(path, RULES.replace("15%", "25%"))
        await asyncio.sleep(3)
        assert runner.report()["rules"][0]["when"] == "error_rate > 25%"  # type: ignore[index]
        rewrite(path, RULES.replace("15%", "x"))
        await asyncio.sleep(5)
        assert runner.report()["rules"][0]["when"] == "error_rate > 25%"  # type: ignore[index]
        path.unlink()
        await asyncio.sleep(5)
        rewrite(path, RULES.replace("15%", "35%"))
        await asyncio.sleep(3)
        assert runner.report()["rules"][0]["when"] == "error_rate > 35%"  # type: ignore[index]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return runner

    runner = run_virtual(main())
    first, wrong, gone, last = (event.why for event in runner.events)
    assert first == last == f"read 1 rules from {path}"
    assert wrong.startswith(f"{path}:7:22: 'x' is no threshold")
    assert wrong.endswith("the rules of before stay in force")
    assert "cannot be read: No such file" in gone
    assert (runner.statistics().reloaded, runner.statistics().rejected) == (2, 2)


def test_a_rule_that_a_new_file_takes_out_of_force_takes_its_effect_with_it(
    tmp_path: Path, clean: list[RuleEvent]
) -> None:
    path = tmp_path / "rules.toml"
    rewrite(path, RULES)

    async def main() -> None:
        meter = Meter(now=0.0)
        runner = RuleRunner(RulesFile(path), meter=meter)
        task = asyncio.create_task(live(runner, meter, 20, lambda second: 0.9))
        await asyncio.sleep(10)
        assert current_effects().service.degraded
        rewrite(path, "")
        await asyncio.sleep(3)
        assert not current_effects().service.degraded
        await task

    run_virtual(main())
    assert [event.event for event in clean] == ["enter", "leave"]


def test_a_file_that_is_wrong_at_the_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        RuleRunner(RulesFile(tmp_path / "no.toml"), meter=Meter())
    (tmp_path / "rules.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8 at byte 0"):
        RulesFile(tmp_path / "rules.toml").load()


def test_the_standard_rules_never_change() -> None:
    file = RulesFile("standard")
    assert len(file.load().rules) == 3
    assert file.poll() is None
    assert repr(file) == "<RulesFile 'standard'>"


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
