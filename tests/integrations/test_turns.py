"""How long a request has waited for the loop: told from the turns that the loop takes."""

from __future__ import annotations

import asyncio

import pytest

from snowshed.integrations._turns import LoopTurns


class Work:
    """A loop whose turns take as long as the test says."""

    def __init__(self) -> None:
        self.now = 100.0
        self.loop = asyncio.get_running_loop()
        self.turns = LoopTurns(self.loop, lambda: self.now)
        self.callbacks = 0

    async def turn(self, *requests: float) -> list[float]:
        """One turn, in which a request is looked at after each so many seconds of work."""
        waited = []
        for seconds in requests:
            self.now += seconds
            waited.append(self.turns.waited())
        await asyncio.sleep(0)
        return waited


@pytest.mark.asyncio
async def test_the_first_after_a_silence_has_not_waited() -> None:
    work = Work()
    assert await work.turn(0.5) == [0.0]
    await work.turn()
    await work.turn()
    work.now += 60
    assert await work.turn(0.0) == [0.0]


@pytest.mark.asyncio
async def test_a_request_may_have_come_when_the_turn_before_began() -> None:
    work = Work()
    await work.turn(0.0, 0.1)
    await work.turn(0.0, 0.1)
    waited = await work.turn(0.0, 0.1, 0.1)
    assert waited == pytest.approx([0.1, 0.2, 0.3])


@pytest.mark.asyncio
async def test_short_turns_are_no_wait() -> None:
    work = Work()
    for _ in range(10):
        waited = await work.turn(0.0001)
    assert waited == pytest.approx([0.0002], rel=0.6)


@pytest.mark.asyncio
async def test_an_idle_loop_stays_idle() -> None:
    work = Work()
    await work.turn(0.0)
    for _ in range(3):
        await work.turn()
    assert repr(work.turns).startswith("<LoopTurns idle")
    assert not work.turns._watching


@pytest.mark.asyncio
async def test_a_clock_that_is_set_back_is_no_negative_wait() -> None:
    work = Work()
    await work.turn(0.0)
    assert await work.turn(-50.0) == [0.0]
