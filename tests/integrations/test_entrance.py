"""Who is let in, on which terms: the tightest of what service, caller and admission say."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import Any

import pytest

from integrations._desk import Desk
from snowshed.errors import Overloaded
from snowshed.integrations._entrance import Entrance
from snowshed.integrations._request import Policy
from snowshed.shed import Criticality, current_baggage
from snowshed.shed._criticality import TrustedPeers


def entrance(desk: Any = None, *, trusted: tuple[str, ...] = (), **policy: Any) -> Entrance:
    return Entrance(Policy(**policy), admission=desk, trusted=TrustedPeers(trusted))


def let_in(door: Entrance, *headers: tuple[bytes, bytes], **terms: Any) -> Any:
    return door.let_in("GET", "/feed", headers, **{"peer": "10.1.2.3", **terms})


@pytest.mark.asyncio
async def test_without_an_admission_everybody_is_let_in() -> None:
    request, admitted = let_in(entrance(budget=7, timeout=2.0))
    assert admitted is None
    assert (request.name, request.budgeted, request._timeout) == ("GET /feed", 7, 2.0)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("asked", "granted", "timeout"),
    [(b"500", None, 0.5), (b"500", 0.2, 0.2), (b"9000", None, 2.0), (b"rubbish", 0.3, 0.3)],
)
async def test_the_tightest_timeout_counts(
    asked: bytes, granted: float | None, timeout: float
) -> None:
    desk = Desk(timeout=granted)
    request, _ = let_in(entrance(desk, timeout=2.0), (b"x-request-timeout-ms", asked))
    assert request._timeout == timeout


@pytest.mark.asyncio
async def test_the_admission_hears_the_deadline_of_the_caller_not_the_timeout() -> None:
    desk = Desk()
    door = entrance(desk, timeout=2.0)
    let_in(door)
    let_in(door, (b"x-request-timeout-ms", b"500"))
    let_in(door, time_left=0.3)
    assert [time_left for _, _, time_left, _ in desk.offers] == [None, 0.5, 0.3]


@pytest.mark.asyncio
async def test_the_tightest_budget_counts() -> None:
    request, _ = let_in(entrance(Desk(budget=8), budget=50), (b"snowshed-budget", b"20"))
    assert request.budgeted == 8


@pytest.mark.asyncio
async def test_a_refusal_reaches_the_server() -> None:
    with pytest.raises(Overloaded):
        let_in(entrance(Desk(refusal=Overloaded("full", "limit", 1.0))))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("trusted", "criticality"),
    [((), Criticality.CRITICAL), (("10.0.0.0/8",), Criticality.CRITICAL_PLUS)],
)
async def test_only_a_trusted_caller_is_as_critical_as_it_says(
    trusted: tuple[str, ...], criticality: Criticality
) -> None:
    desk = Desk()

    def ask() -> Criticality | None:
        let_in(entrance(desk, trusted=trusted), (b"x-criticality", b"critical-plus"))
        return current_baggage().criticality

    assert copy_context().run(ask) is criticality
    assert desk.offers[0][3] is bool(trusted)


@pytest.mark.asyncio
async def test_a_request_does_not_inherit_from_the_one_before() -> None:
    door = entrance()

    def ask() -> str | None:
        let_in(door, (b"x-request-id", b"one"))
        let_in(door)
        return current_baggage().request_id

    assert copy_context().run(ask) is None


@pytest.mark.asyncio
async def test_the_admission_is_told_how_long_the_request_has_waited() -> None:
    class Waiting(Desk):
        def offer(self, *facts: Any, **more: Any) -> Any:
            waited.append(more["waited"])
            return super().offer(*facts, **more)

    waited: list[float] = []
    door = entrance(Waiting())
    for _ in range(3):
        let_in(door)
        await asyncio.sleep(0)
    assert waited[0] == 0.0
    assert all(seconds > 0 for seconds in waited[1:])


@pytest.mark.asyncio
async def test_an_admission_that_fails_is_switched_off(caplog: pytest.LogCaptureFixture) -> None:
    door = entrance(Desk(refusal=LookupError("a bug of ours")))
    for _ in range(3):
        request, admitted = let_in(door)
        assert request.name == "GET /feed"
        assert admitted is None
    assert caplog.text.count("admission failed and was switched off") == 1
