"""Rules of the cluster: judged by all instances; by this one when nobody knows of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import pytest

from _flooded import RULES, clean_slate, kinds, live
from snowshed.shed._meter import Meter, Window
from snowshed.shed._rules import RuleEvent, RuleRunner, parse_rules
from snowshed.testing import run_virtual


@pytest.fixture(autouse=True)
def clean() -> Iterator[list[RuleEvent]]:
    with clean_slate() as told:
        yield told


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

    assert run_virtual(main()) == [("enter", "errors"), ("leave", "errors")]


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
