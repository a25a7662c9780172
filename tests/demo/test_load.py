"""The generator is open: what becomes of one request does not move any other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest

from snowshed.demo._client import Client, ProtocolError
from snowshed.demo._load import run, send
from snowshed.demo._model import Arrival, Outcome, Plan
from snowshed.demo._schedule import arrivals
from snowshed.testing import run_virtual

PLAN = Plan(seconds=3.0, flood_from=1.0, flood_until=2.0, light_rate=20.0)


class Service:
    """Stands in for the client and its server: answers after a delay, or fails."""

    def __init__(self, delay: float = 0.0, answer: int | Exception = 200) -> None:
        self.delay = delay
        self.answer = answer
        self.called: list[tuple[float, str]] = []
        self.held: tuple[float, int] | None = None

    async def hold(self, count: int) -> None:
        self.held = (asyncio.get_running_loop().time(), count)

    async def get(self, path: str) -> int:
        self.called.append((asyncio.get_running_loop().time(), path))
        await asyncio.sleep(self.delay)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def as_client(service: Service) -> Client:
    return cast("Client", service)


def carry_out(service: Service, plan: Plan = PLAN) -> tuple[float, list[Outcome]]:
    lines: list[dict[str, Any]] = []
    run_virtual(run(plan, as_client(service), lines.append))
    return lines[0]["started"], [Outcome(**line) for line in lines[1:]]


@pytest.mark.parametrize("delay", [0.0, 0.5, 3600.0])
def test_each_request_is_sent_at_its_planned_moment_however_slow_the_service(delay: float) -> None:
    service = Service(delay)
    started, outcomes = carry_out(service)
    planned = arrivals(PLAN)
    assert [path for _, path in service.called] == [arrival.path for arrival in planned]
    for (sent, _), arrival in zip(service.called, planned, strict=True):
        assert sent - started == pytest.approx(arrival.at)
    assert len(outcomes) == len(planned)


def test_every_client_of_a_service_that_hangs_gives_up_after_its_own_timeout() -> None:
    _, outcomes = carry_out(Service(3600.0))
    assert {outcome.failure for outcome in outcomes} == {"timeout"}
    for outcome in outcomes:
        limit = PLAN.light_timeout if outcome.kind == "light" else PLAN.heavy_timeout
        assert outcome.latency == pytest.approx(limit)


def test_latency_counts_from_the_planned_moment_and_not_from_the_sending() -> None:
    async def main() -> Outcome:
        now = asyncio.get_running_loop().time()
        arrival = Arrival(1.0, "light", "/")
        return await send(as_client(Service(0.25)), arrival, started=now - 1.5, timeout=2.0)

    outcome = run_virtual(main())
    assert outcome.late == pytest.approx(0.5)
    assert outcome.latency == pytest.approx(0.75)


def test_a_request_that_is_later_than_its_timeout_has_failed_before_it_was_sent() -> None:
    async def main() -> Outcome:
        now = asyncio.get_running_loop().time()
        return await send(as_client(Service(0.01)), Arrival(0.0, "light", "/"), now - 5.0, 2.0)

    assert run_virtual(main()).failure == "timeout"


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(104, "reset"),
        TimeoutError(110, "the handshake was not answered"),
        asyncio.IncompleteReadError(b"", 5),
        asyncio.LimitOverrunError("too long", 0),
        ProtocolError("not HTTP"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_lost_connection_is_told_apart_from_a_client_that_gave_up(error: Exception) -> None:
    _, outcomes = carry_out(Service(answer=error), replace(PLAN, seconds=2.0))
    assert {outcome.failure for outcome in outcomes} == {"connection"}
    assert {outcome.status for outcome in outcomes} == {None}


def test_a_status_is_kept_as_it_came() -> None:
    _, outcomes = carry_out(Service(answer=503))
    assert {(outcome.status, outcome.failure) for outcome in outcomes} == {(503, None)}


def test_idle_connections_are_open_before_the_first_request() -> None:
    service = Service()
    carry_out(service, replace(PLAN, idle=7))
    assert service.held is not None
    opened, count = service.held
    assert count == 7
    assert opened < service.called[0][0]


def test_without_idle_connections_none_is_opened() -> None:
    service = Service()
    carry_out(service)
    assert service.held is None
