"""The counts of all instances, through a real Redis that is also killed, hung and restarted."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import _needs
from _redis import RedisServer
from snowshed.core import _clock
from snowshed.shed._effects import Effects
from snowshed.shed._meter import Meter, Window
from snowshed.shed._rules import RuleRunner, parse_rules

_needs.module("redis")

import redis.asyncio  # noqa: E402

from snowshed.integrations.redis import RedisCluster  # noqa: E402

pytestmark = pytest.mark.server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    started = RedisServer(tmp_path)
    yield started
    started.process.send_signal(signal.SIGCONT)
    started.kill()


def window(finished: int, failed: int = 0) -> dict[int, Window]:
    counts = Window(10.0, admitted=finished, refused={"limit": 1}, finished=finished, failed=failed)
    counts.latencies = {3: finished}
    return {10: counts}


def cluster(server: RedisServer, name: str, **options: float) -> RedisCluster:
    return RedisCluster(server.url, service="shop", instance=name, **options)


def test_three_instances_read_the_sum_of_all(server: RedisServer) -> None:
    async def main() -> None:
        a, b, c = (cluster(server, name) for name in "abc")
        counts = {a: window(100, 50), b: window(200), c: window(700)}
        for each, own in [*counts.items()] * 2:
            await each.exchange(own)
        for each, own in counts.items():
            found = (await each.exchange(own))[10]
            assert (found.finished, found.failed, found.error_rate) == (1000, 50, 0.05)
            assert found.refused == {"limit": 3}
            assert found.latencies == {3: 1000}
            assert each.statistics().instances == 3
        assert counts[a] == window(100, 50), "what was given is not changed"
        for each in counts:
            await each.aclose()

    asyncio.run(main())


def test_the_first_exchange_already_knows_who_else_is_there(server: RedisServer) -> None:
    async def main() -> None:
        a, b = cluster(server, "a"), cluster(server, "b")
        await a.exchange(window(1))
        assert (await b.exchange(window(2)))[10].finished == 3
        await a.aclose()
        await b.aclose()

    asyncio.run(main())


def test_one_that_leaves_and_one_that_dies_are_out_of_the_sum(server: RedisServer) -> None:
    async def main() -> None:
        a, leaves, dies = (
            cluster(server, "a"),
            cluster(server, "b"),
            cluster(server, "c", expire=0.1),
        )
        for each in (leaves, dies, a):
            await each.exchange(window(10))
        await leaves.aclose()
        give_up = time.monotonic() + 5
        while (await a.exchange(window(10)))[10].finished > 10:
            assert time.monotonic() < give_up
            await asyncio.sleep(0.02)
        assert a.statistics().instances == 1
        await a.aclose()
        await dies.aclose()

    asyncio.run(main())


def test_services_are_apart_and_what_cannot_be_read_is_left_out(server: RedisServer) -> None:
    async def main() -> None:
        a = cluster(server, "a")
        other = RedisCluster(server.url, service="bank", instance="z")
        await other.exchange(window(1000))
        async with redis.asyncio.Redis.from_url(server.url) as client:
            await client.zadd("snowshed:{shop}:1:members", {"future": time.time()})
            await client.set("snowshed:{shop}:1:counts:future", b"\xc1 of another version")
        assert (await a.exchange(window(10)))[10].finished == 10
        assert a.statistics().unreadable == 1
        assert repr(a) == "<RedisCluster 'shop': 1 instances>"
        await a.aclose()
        await other.aclose()

    asyncio.run(main())


@pytest.mark.parametrize(
    "odd",
    [
        [10, 10.0, 1, {}, 1, 0, {100_000: 1}, 0],
        [10, 10.0, 1, {}, 1, 0, {-100_000: 1}, 0],
        [10, 10.0, 1, {}, 1, 0, {3: -1}, 0],
        [10, 10.0, 1, {"limit": -1}, 1, 0, {3: 1}, 0],
        [10, 10.0, -1, {}, 1, 0, {3: 1}, 0],
        [10, 10.0, 1, {}, 10**15, 0, {3: 1}, 0],
        [10, float("nan"), 1, {}, 1, 0, {3: 1}, 0],
        [10, -10.0, 1, {}, 1, 0, {3: 1}, 0],
    ],
)
def test_counts_that_no_meter_can_have_are_left_out(server: RedisServer, odd: list[object]) -> None:
    async def main() -> None:
        a = cluster(server, "a")
        async with redis.asyncio.Redis.from_url(server.url) as client:
            await client.zadd("snowshed:{shop}:1:members", {"odd": time.time()})
            await client.set("snowshed:{shop}:1:counts:odd", msgspec.msgpack.encode([odd]))
        found = (await a.exchange(window(10)))[10]
        assert (found.finished, found.latencies, found.refused) == (10, {3: 10}, {"limit": 1})
        assert (a.statistics().unreadable, a.statistics().instances) == (1, 1)
        await a.aclose()

    asyncio.run(main())


def test_everything_it_writes_expires(server: RedisServer) -> None:
    async def main() -> None:
        a = cluster(server, "a")
        await a.exchange(window(10))
        async with redis.asyncio.Redis.from_url(server.url) as client:
            keys = await client.keys("*")
            assert len(keys) == 2
            assert all([0 < await client.ttl(key) <= 120 for key in keys])
        await a.aclose()
        async with redis.asyncio.Redis.from_url(server.url) as client:
            assert await client.keys("*") == [], "and goes when the instance leaves"

    asyncio.run(main())


RULES = """
mode = "enforce"
[[rules]]
name = "errors"
when = "error_rate > 15%"
for = "1s"
clear_for = "1s"
min_dwell = "0s"
window = "2s"
scope = "cluster"
action = { degrade = ["reviews"] }
"""


class Instance:
    """An instance of a service whose requests fail as it is told."""

    def __init__(self, server: RedisServer, name: str) -> None:
        self.failing = 0.0
        self.meter = Meter()
        self.cluster = cluster(server, name, expire=2.0)
        self.effects = Effects()
        self.worst_lag = 0.0
        self.runner = RuleRunner(
            parse_rules(RULES),
            meter=self.meter,
            cluster=self.cluster,
            grace=1.5,
            interval=0.1,
            publish=self._publish,
        )

    @property
    def degraded(self) -> bool:
        return "reviews" in self.effects.service.degraded

    def _publish(self, effects: Effects) -> None:
        self.effects = effects

    async def run(self) -> None:
        rules = asyncio.create_task(self.runner.run())
        try:
            while True:
                for i in range(20):
                    self.meter.admitted("/", _clock.now())
                    self.meter.finished("/", _clock.now(), 0.01, i < 20 * self.failing)
                before = _clock.now()
                await asyncio.sleep(0.1)
                self.worst_lag = max(self.worst_lag, _clock.now() - before - 0.1)
        finally:
            rules.cancel()
            await asyncio.gather(rules, return_exceptions=True)


async def until(condition: object, seconds: float = 15.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < give_up
        await asyncio.sleep(0.05)


@pytest.mark.slow
def test_three_live_instances_act_on_what_all_of_them_see(server: RedisServer) -> None:
    async def main() -> None:
        instances = [Instance(server, name) for name in "abc"]
        first, *others = instances
        tasks = [asyncio.create_task(each.run()) for each in instances]
        first.failing = 0.3  # a tenth of all
        await until(lambda: all(each.cluster.statistics().instances == 3 for each in instances))
        await asyncio.sleep(3.5)
        assert not any(each.degraded for each in instances)
        first.failing = 0.9  # three tenths of all
        await until(lambda: all(each.degraded for each in instances))
        assert others[0].failing == 0.0, "it acts on errors of others"
        first.failing = 0.0
        await until(lambda: not any(each.degraded for each in instances))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.parametrize("how", ["killed", "hung"])
def test_without_redis_each_stands_alone_and_no_loop_waits(server: RedisServer, how: str) -> None:
    async def main() -> None:
        sick, well = Instance(server, "a"), Instance(server, "b")
        tasks = [asyncio.create_task(each.run()) for each in (sick, well)]
        sick.failing = 0.2  # a tenth of all
        await until(lambda: sick.cluster.statistics().instances == 2)
        await asyncio.sleep(3)
        assert not sick.degraded
        if how == "killed":
            server.kill()
        else:
            os.kill(server.process.pid, signal.SIGSTOP)
        await until(lambda: sick.degraded)
        assert not well.degraded
        assert [event.event for event in sick.runner.events] == ["notice", "enter"]
        assert "judge this instance alone" in sick.runner.events[0].why
        if how == "killed":
            await asyncio.to_thread(server.start)
        else:
            os.kill(server.process.pid, signal.SIGCONT)
        await until(lambda: not sick.degraded)
        assert "answers again" in sick.runner.events[2].why
        assert max(sick.worst_lag, well.worst_lag) < 1.0
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
