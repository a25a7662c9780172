"""The public names as a user writes them: checked by mypy in `make check`, never run.

A change that makes this file wrong breaks the code of users.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import assert_type

import aiohttp
import aiohttp.web
import httpx2

import snowshed
from snowshed import shed
from snowshed.core import Job
from snowshed.integrations.aiohttp import CallMiddleware, setup
from snowshed.integrations.asgi import App, RequestScopeMiddleware
from snowshed.integrations.grpc import RequestScopeInterceptor, call_interceptors
from snowshed.integrations.httpx2 import CallStatistics, SnowshedTransport, instrument


async def fetch_one(key: int) -> str:
    return str(key)


async def fetch(key: int, *, fresh: bool = False) -> str:
    return f"{key} {fresh}"


def read(path: str) -> bytes:
    return path.encode()


async def endless() -> AsyncIterator[int]:
    while True:
        yield 1


async def scope() -> list[str]:
    async with snowshed.open_scope("cart", budget=50, limit=10, timeout=0.3, reserve=0.05) as cart:
        assert_type(cart, snowshed.TaskScope)
        task = assert_type(await cart.spawn(fetch, 1, timeout=1.0, name="one"), asyncio.Task[str])
        other = assert_type(cart.spawn_nowait(fetch, 2), asyncio.Task[str])
        assert_type(await cart.run_sync(read, "a"), bytes)
        later = assert_type(cart.detach(fetch, 3), asyncio.Task[str])
        values = [value async for value in cart.map(fetch, [1, 2], limit=5, ordered=False)]
        async for value in cart.map(fetch, endless()):
            assert_type(value, str)
            break
        assert_type(cart.choose(full=20, light=5), int)
        if cart.level == "exhausted":
            cart.cancel("enough")
    assert_type(cart.remaining(), float | None)
    assert_type(cart.deadline, float | None)
    assert_type(cart.reason, str | None)
    assert_type(cart.errors, tuple[BaseException, ...])
    assert_type(cart.statistics().peak, int)
    return [*values, task.result(), other.result(), await later]


def wherever_this_runs() -> float | None:
    current = assert_type(snowshed.current_scope(), snowshed.TaskScope | None)
    return current.remaining() if current else snowshed.remaining()


def facts_of_errors(error: snowshed.SnowshedError) -> str | int | float:
    if isinstance(error, snowshed.BudgetExceeded):
        return assert_type(error.live, int) + assert_type(error.budget, int)
    if isinstance(error, snowshed.DeadlineExceeded):
        return assert_type(error.timeout, float)
    if isinstance(error, snowshed.WouldDeadlock):
        return assert_type(error.cure, str)
    if isinstance(error, snowshed.WouldBlock | snowshed.ClosedResourceError):
        return assert_type(error.what, str)
    if isinstance(error, snowshed.EndOfChannel):
        return assert_type(error.channel, str)
    if isinstance(error, snowshed.Overloaded | snowshed.CircuitOpen):
        return assert_type(error.retry_after, float)
    if isinstance(error, snowshed.ConfigError | snowshed.FormatError):
        return assert_type(error.where, str)
    return snowshed.__version__


async def semaphore() -> None:
    database = snowshed.WeightedSemaphore(20, name="db")
    async with database:
        pass
    await database.acquire(5)
    database.release(5)
    database.acquire_nowait()
    database.resize(0)
    assert_type(database.available, int)
    assert_type(database.statistics().waiting, int)


async def channels() -> None:
    send, receive = snowshed.open_channel[int](2, name="jobs", overflow="drop_oldest")
    assert_type(send, snowshed.SendChannel[int])
    assert_type(receive, snowshed.ReceiveChannel[int])
    receive.request(10)
    async with send, receive:
        await send.send(1)
        send.send_nowait(2)
        assert_type(await receive.receive(), int)
        assert_type(receive.receive_nowait(), int)
        async for element in receive:
            assert_type(element, int)
        assert_type(send.clone(), snowshed.SendChannel[int])
        send.close(LookupError("no more"))
    receive.cancel()
    assert_type(send.statistics().buffered, int)


async def dropped(lost: list[str]) -> None:
    send, _ = snowshed.open_channel[str](1, overflow="drop_latest", on_undelivered=lost.append)
    await send.send("a")


async def first_of(jobs: snowshed.ReceiveChannel[int], out: snowshed.SendChannel[str]) -> str:
    match await snowshed.select(jobs.on_receive(), out.on_send("a"), timeout=1.0, unbiased=True):
        case 0, job:
            return str(assert_type(job, int))
        case 1, _:
            return "sent"
        case _:
            return "nothing for a second"


def attach() -> int:
    runtime = snowshed.init(mode="enforce", budget=50)
    assert_type(runtime, snowshed.Runtime)
    return runtime.statistics().over_budget


async def pools() -> None:
    async with snowshed.WorkerPool(read, max_workers=2, queue_size=10, idle_timeout=5.0) as pool:
        assert_type(pool, snowshed.WorkerPool[str, bytes])
        job = assert_type(await pool.submit("a"), Job[bytes])
        other = assert_type(pool.submit_nowait("b"), Job[bytes])
        assert_type(await pool.run("c"), bytes)
        assert_type(await job + await other, bytes)
        pool.resize(min_workers=1, max_workers=4)
        await pool.aclose(drain=False)
    assert_type(pool.statistics().successful, int)


async def pool_of_an_async_function(orders: list[int]) -> list[str]:
    async with snowshed.WorkerPool(fetch_one, max_workers=2, queue_size=10) as pool:
        return [assert_type(await pool.run(order), str) for order in orders]


def limits(finished: shed.Sample, passed: shed.Tick) -> float:
    chosen: list[shed.Limit] = [
        shed.FixedLimit(15),
        shed.AIMDLimit(initial_limit=20, min_limit=5, max_limit=200, timeout=0.25),
        shed.VegasLimit(max_limit=500, alpha=3, beta=lambda limit: limit / 10),
        shed.WindowedLimit(shed.Gradient2Limit(min_limit=5, queue_size=4), window=0.5),
    ]
    for limit in chosen:
        limit.on_sample(finished)
        limit.on_tick(passed)
    assert_type(shed.VegasLimit().limit, int)
    return assert_type(min(limit.limit for limit in chosen), float)


async def admission(limiter: shed.AdaptiveLimiter, app: App) -> float:
    with limiter.admit(
        40, light=4, time_left=0.2, waited=0.01, criticality=shed.Criticality.SHEDDABLE
    ) as grant:
        assert_type(grant, shed.Grant)
        assert_type(grant.units, float)
        if grant.level != "normal":
            grant.answered()
    try:
        held = limiter.admit()
    except snowshed.Overloaded as error:
        return assert_type(error.retry_after, float)
    held.finish(dropped=True)
    held.cancel()
    limit = shed.DeadlineLimit(initial_limit=20, max_limit=5_000, setpoint=0.7)
    assert_type(limit.floor + limit.strain, float)
    routes = shed.RouteTable({"GET /feed": shed.RoutePolicy(cost=20)})
    door = shed.Admission(
        shed.AdaptiveLimiter("shop", limit=limit, objective=0.25), routes=routes, enforce=False
    )
    admitted = assert_type(door.offer("GET", "/feed", 0.2, trusted=True), shed.Admitted)
    assert_type(admitted.budget, int | None)
    RequestScopeMiddleware(app, admission=door, trusted=["10.0.0.0/8"])
    assert_type(limiter.statistics(), shed.LimiterStatistics)
    return limiter.pressure


def settings_in_code() -> shed.Admission | None:
    wanted = shed.Settings(mode="dry-run", objective=0.25, limit="deadline", trusted=("unix",))
    assert_type(wanted.routes, dict[str, shed.RoutePolicy])
    return snowshed.init(shed={"objective": wanted.objective}, mode="enforce").admission


async def guards(url: str) -> list[str]:
    prices = shed.Target(
        "prices",
        breaker=shed.CircuitBreaker("prices", last_seconds=10, counts=shed.counts_by_default),
        throttle=shed.AdaptiveThrottle("prices", k=2.0, window=120.0),
        retries=shed.RetryBudget("prices", ratio=0.1, min_per_second=1.0),
    )
    guard: shed.Guard = prices
    permit = assert_type(guard.admit(), shed.Permit)
    permit.end(None)
    async with prices.call() as permit:
        permit.fail()
    known = assert_type(shed.target("prices", make=shed.Target), shed.Target)
    answer = await known.run(fetch_one, 1, attempts=2, backoff=shed.Backoff(0.05, longest=1.0))
    assert_type(prices.statistics(), shed.TargetStatistics)
    assert_type(shed.Targets(limit=10).statistics().forgotten, int)
    assert_type(shed.shared_targets(), tuple[shed.Target, ...])
    return [assert_type(answer, str)]


async def breaker_and_budget(database: shed.CircuitBreaker, budget: shed.RetryBudget) -> bool:
    @database
    async def query(key: int, *, fresh: bool = False) -> str:
        return await fetch(key, fresh=fresh)

    @database.on_transition
    def tell(transition: shed.Transition) -> None:
        assert_type(transition.after, shed.BreakerState)

    assert_type(await query(1, fresh=True), str)
    async with database as permit:
        assert_type(permit, shed.Permit)
    error = LookupError()
    shed.mark_final(error)
    budget.request()
    assert_type(budget.statistics().available, int)
    return budget.try_retry() and not shed.is_final(error)


@shed.degradable(light=[], feature="recommendations")
async def recommend(user: str, *, n: int = 20) -> list[str]:
    return [user] * n


class Shop:
    @shed.degradable(light=lambda self, item: 0)
    def stock(self, item: str) -> int:
        return len(item)


async def light_answers() -> int:
    assert_type(await recommend("ann", n=2), list[str])
    assert_type(Shop().stock("pear"), int)
    assert_type(recommend.statistics(), shed.DegradableStatistics)
    if shed.current_level() == "normal":
        return assert_type(Shop().stock.statistics().light, int)
    return recommend.statistics().by_rule


def routes() -> dict[str, shed.RoutePolicy]:
    feed = shed.RoutePolicy(cost=20, light=2, criticality="sheddable-plus")
    assert_type(feed.cost, int | None)
    assert_type(shed.Criticality.SHEDDABLE < shed.Criticality.CRITICAL_PLUS, bool)
    return {"GET /feed": feed, "/health": shed.RoutePolicy(bypass=True)}


@shed.rule_hook("last-good")
async def last_good(event: shed.RuleEvent) -> None:
    assert_type(event.route, str)


async def rules(meter: shed.Meter, cluster: shed.ClusterLink, queue: list[int]) -> bool:
    shed.register_gauge("queue", lambda: len(queue))
    shed.register_pool("db", lambda: not queue)
    shed.register_breaker("db", lambda: "closed")
    runner = shed.RuleRunner(shed.RulesFile("rules.toml"), meter=meter, cluster=cluster)
    task = runner.start()
    assert_type(runner.tick(1.0), list[shed.RuleEvent])
    assert_type(runner.statistics(), shed.RuleStatistics)
    assert_type(runner.report(), dict[str, object])
    task.cancel()
    assert_type(shed.parse_rules("", origin="rules.toml"), shed.RuleTree)
    effect = assert_type(shed.current_effects().of("GET /"), shed.Effect)
    assert_type(meter.window(10, 1.0).p99, float | None)
    return shed.degraded("reviews") or shed.sampled_out("id", effect.sample)


async def hops(breaker: shed.Guard, app: aiohttp.web.Application) -> None:
    transport = SnowshedTransport(
        httpx2.AsyncHTTPTransport(), guards={"stock": breaker}, hosts=[".shop.internal"]
    )
    assert_type(transport.statistics(), CallStatistics)
    client = httpx2.AsyncClient(transport=transport)
    instrument(client, guards=lambda request: [breaker], hosts=lambda host: host == "stock")
    aiohttp.ClientSession(middlewares=[CallMiddleware(guards={"stock": breaker})])
    setup(app, budget=20, timeout=1.0, trusted=["10.0.0.0/8"])
    RequestScopeInterceptor(budget=20, on_excess="cancel")
    assert_type(call_interceptors()[0].statistics().told, int)
    token = shed.set_baggage(shed.Baggage(shed.Criticality.SHEDDABLE, request_id="r-1"))
    assert_type(shed.current_criticality(), shed.Criticality)
    assert_type(shed.current_baggage().request_id, str | None)
    token.var.reset(token)
