"""Hooks and gauges: what the application adds to rules, and may break."""

from __future__ import annotations

import asyncio
import threading

import pytest

from snowshed.shed._rules._event import RuleEvent
from snowshed.shed._rules._gauges import GAUGES, Gauges, register_breaker, register_gauge
from snowshed.shed._rules._hooks import HOOKS, Hook, HookRunner, rule_hook
from snowshed.shed._rules._metric import Metric
from snowshed.testing import run_virtual


def event(name: str = "a", kind: str = "enter") -> RuleEvent:
    return RuleEvent(0.0, kind, name)  # type: ignore[arg-type]


def told(hook: Hook, *names: str, seconds: float = 20.0, between: float = 0.0) -> HookRunner:
    """Fire one event for each name, wait, and return the runner."""

    async def main() -> HookRunner:
        runner = HookRunner({"hook": hook})
        for name in names:
            runner.fire("hook", event(name))
            await asyncio.sleep(between)
        await asyncio.sleep(seconds)
        await runner.aclose()
        return runner

    return run_virtual(main())


def test_a_coroutine_function_runs_on_the_loop() -> None:
    seen = []

    async def hook(event: RuleEvent) -> None:
        seen.append((event.rule, threading.current_thread() is threading.main_thread()))

    assert told(hook, "a").statistics().called == 1
    assert seen == [("a", True)]


def test_any_other_function_runs_in_a_thread() -> None:
    seen = []

    def hook(event: RuleEvent) -> None:
        seen.append((event.rule, threading.current_thread() is threading.main_thread()))

    told(hook, "a")
    assert seen == [("a", False)]


def test_it_never_overlaps_itself_and_is_told_the_last_that_waits() -> None:
    seen = []
    running = []

    async def hook(event: RuleEvent) -> None:
        assert not running
        running.append(event)
        await asyncio.sleep(1)
        seen.append(event.rule)
        running.pop()

    statistics = told(hook, "a", "b", "c", "d", between=0.1).statistics()
    assert seen == ["a", "d"]
    assert (statistics.called, statistics.replaced) == (2, 2)


@pytest.mark.parametrize("threaded", [False, True])
def test_one_that_fails_is_logged_and_counted_and_called_again(
    threaded: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def in_thread(event: RuleEvent) -> None:
        raise RuntimeError("broken")

    async def on_loop(event: RuleEvent) -> None:
        raise TimeoutError("a timeout of its own is a failure too")

    statistics = told(in_thread if threaded else on_loop, "a", "b", between=1.0).statistics()
    assert (statistics.called, statistics.failed, statistics.timed_out) == (2, 2, 0)
    assert caplog.text.count("hook 'hook' failed") == 2


def test_one_that_hangs_is_ended_in_time(caplog: pytest.LogCaptureFixture) -> None:
    ended = []

    async def hook(event: RuleEvent) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(event.rule)

    statistics = told(hook, "a", "b", between=6.0).statistics()
    assert ended == ["a", "b"]
    assert (statistics.timed_out, statistics.failed) == (2, 0)
    assert "hook 'hook' was not over after 5.0 s" in caplog.text


def test_a_thread_that_hangs_is_not_joined_by_a_second_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    release, seen = threading.Event(), []

    def hook(event: RuleEvent) -> None:
        seen.append(event.rule)
        release.wait(10)

    async def main() -> HookRunner:
        runner = HookRunner({"hook": hook}, timeout=0.01)
        runner.fire("hook", event("a"))
        while not runner.statistics().timed_out:
            await asyncio.sleep(0.005)
        runner.fire("hook", event("b"))
        await asyncio.sleep(0.05)
        assert seen == ["a"]
        release.set()
        while len(seen) < 2:
            await asyncio.sleep(0.005)
        await runner.aclose()
        return runner

    assert asyncio.run(main()).statistics().called == 2
    assert "was not over after 0.0 s" in caplog.text


def test_a_hook_that_nobody_wrote_does_nothing_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> HookRunner:
        runner = HookRunner({})
        runner.fire("last-good", event())
        runner.fire("last-good", event())
        await runner.aclose()
        return runner

    assert run_virtual(main()).statistics().missing == 2
    assert len(caplog.records) == 1
    assert "no function has @rule_hook('last-good')" in caplog.text


def test_closing_ends_what_runs() -> None:
    ended = []

    async def hook(event: RuleEvent) -> None:
        try:
            await asyncio.sleep(3)
        finally:
            ended.append(event.rule)

    told(hook, "a", "b", seconds=0.5)
    assert ended == ["a"]


def test_the_last_event_is_told_though_the_loop_has_cancelled_every_task() -> None:
    seen = []

    async def hook(event: RuleEvent) -> None:
        seen.append(event.rule)
        if event.rule == "a":
            await asyncio.sleep(3)

    async def main() -> None:
        runner = HookRunner({"hook": hook})
        runner.fire("hook", event("a"))
        await asyncio.sleep(0.1)
        runner.fire("hook", event("b"))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await runner.drain()
        await runner.aclose()

    run_virtual(main())
    assert seen == ["a", "b"]


def test_a_thread_whose_call_was_cancelled_is_not_joined_by_a_second_one() -> None:
    release, seen = threading.Event(), []

    def hook(event: RuleEvent) -> None:
        seen.append(event.rule)
        release.wait(10)

    async def main() -> None:
        runner = HookRunner({"hook": hook})
        runner.fire("hook", event("a"))
        while not seen:
            await asyncio.sleep(0.005)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        runner.fire("hook", event("b"))
        drained = asyncio.create_task(runner.drain())
        await asyncio.sleep(0.05)
        assert seen == ["a"]
        release.set()
        await drained
        await runner.aclose()

    asyncio.run(main())
    assert seen == ["a", "b"]


def test_one_that_hangs_at_the_end_is_not_waited_for() -> None:
    async def hook(event: RuleEvent) -> None:
        await asyncio.sleep(3600)

    async def main() -> float:
        runner = HookRunner({"hook": hook})
        runner.fire("hook", event("a"))
        began = asyncio.get_running_loop().time()
        await runner.drain()
        await runner.aclose()
        return asyncio.get_running_loop().time() - began

    assert run_virtual(main()) == pytest.approx(2.0)


def test_a_hook_is_registered_by_its_name() -> None:
    @rule_hook("test-of-registration")
    def hook(event: RuleEvent) -> None: ...

    assert HOOKS.pop("test-of-registration") is hook
    with pytest.raises(ValueError, match="a hook needs a name"):
        rule_hook("")


def test_gauges_pools_and_breakers_are_read_by_name() -> None:
    gauges = Gauges()
    gauges.register("gauge", "queue", lambda: 7)
    gauges.register("pool_exhausted", "db", lambda: False)
    gauges.register("pool_exhausted", "redis", lambda: True)
    for state in ("closed", "half_open", "open", "forced_open", "disabled"):
        gauges.register("breaker", state, lambda state=state: state)
    assert gauges.read(Metric("gauge", "queue")) == 7.0
    assert gauges.read(Metric("pool_exhausted", "db")) == 0.0
    assert gauges.read(Metric("pool_exhausted")) == 1.0
    names = ("closed", "half_open", "open", "forced_open", "disabled")
    assert [gauges.read(Metric("breaker", name)) for name in names] == [0.0, 1.0, 2.0, 2.0, 0.0]


def test_what_is_not_registered_or_not_known_is_missing() -> None:
    gauges = Gauges()
    gauges.register("gauge", "unknown now", lambda: None)
    for metric in (
        Metric("gauge", "queue"),
        Metric("gauge", "unknown now"),
        Metric("breaker", "db"),
        Metric("pool_exhausted"),
        Metric("pressure"),
    ):
        assert gauges.read(metric) is None


def test_a_gauge_that_fails_is_missing_logged_once_and_asked_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers: list[object] = ["no number", RuntimeError, 5]

    def read() -> object:
        answer = answers.pop(0)
        if answer is RuntimeError:
            raise RuntimeError
        return answer

    gauges = Gauges()
    gauges.register("gauge", "queue", read)
    assert [gauges.read(Metric("gauge", "queue")) for _ in range(3)] == [None, None, 5.0]
    assert len(caplog.records) == 1
    assert "the gauge 'queue' failed" in caplog.text


def test_registering_in_each_request_is_found_out() -> None:
    gauges = Gauges()
    for i in range(1000):
        gauges.register("gauge", str(i), int)
    gauges.register("gauge", "5", int)
    with pytest.raises(ValueError, match=r"1000 gauges.*at the start of the service"):
        gauges.register("gauge", "new", int)
    with pytest.raises(ValueError, match="needs a name"):
        gauges.register("gauge", "", int)


def test_the_process_has_gauges_of_its_own() -> None:
    register_gauge("test-of-gauges", lambda: 3.0)
    register_breaker("test-of-gauges", lambda: "open")
    assert GAUGES.read(Metric("gauge", "test-of-gauges")) == 3.0
    assert GAUGES.read(Metric("breaker", "test-of-gauges")) == 2.0
