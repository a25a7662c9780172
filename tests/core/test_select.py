"""Exactly one clause is done, or none; who is chosen; what time, the end and cancellation do."""

from __future__ import annotations

import asyncio
import math
from collections import Counter

import pytest

from _channels import drain, idle, outcome, start, virtual
from snowshed.core import _clock
from snowshed.core._channel import open_channel
from snowshed.core._select import select
from snowshed.errors import ClosedResourceError, EndOfChannel


@virtual
async def test_the_first_clause_that_is_possible_is_done_at_once_and_alone():
    jobs, next_job = open_channel(1)
    results, result = open_channel(1)
    await jobs.send("job")
    clauses = next_job.on_receive(), results.on_send("done")
    assert await select(*clauses) == (0, "job")
    assert await select(*clauses) == (1, None)
    assert drain(result) == ["done"]
    assert drain(next_job) == []


@virtual
async def test_what_becomes_possible_first_is_done_and_the_others_are_left():
    _, quiet = open_channel(0)
    send, receive = open_channel(0)
    full, other = open_channel(0)
    chosen = await start(select(quiet.on_receive(), receive.on_receive(), full.on_send("x")))
    assert not chosen.done()
    await send.send("element")
    assert await chosen == (1, "element")
    for side in (quiet, receive, other):
        now = side.statistics()
        assert (now.waiting_senders, now.waiting_receivers, now.undelivered) == (0, 0, 0)


@virtual
async def test_a_send_clause_that_waits_is_done_when_somebody_receives():
    send, receive = open_channel(0)
    full, other = open_channel(1)
    await full.send("before")
    chosen = await start(select(send.on_send("a"), full.on_send("b")))
    assert await other.receive() == "before"
    assert await chosen == (1, None)
    assert await other.receive() == "b"
    assert receive.statistics().sent == 0


@virtual
async def test_two_events_in_one_instant_do_only_one_clause():
    first, a = open_channel(1)
    second, b = open_channel(1)
    chosen = await start(select(a.on_receive(), b.on_receive()))
    second.send_nowait("second")
    first.send_nowait("first")
    assert await chosen == (1, "second")
    assert drain(a) == ["first"]


@virtual
async def test_the_order_of_the_clauses_decides_unless_the_choice_is_unbiased():
    ends = [open_channel[int](1000) for _ in range(3)]
    for send, _ in ends:
        for number in range(200):
            send.send_nowait(number)
    clauses = [receive.on_receive() for _, receive in ends]
    biased = Counter([(await select(*clauses))[0] for _ in range(100)])
    assert biased == {0: 100}
    unbiased = Counter([(await select(*clauses, unbiased=True))[0] for _ in range(100)])
    assert set(unbiased) == {0, 1, 2}


@virtual
async def test_an_unbiased_choice_returns_the_index_that_the_caller_wrote():
    send, receive = open_channel(0)
    _, quiet = open_channel(0)
    for _ in range(20):
        sender = await start(send.send("x"))
        assert await select(quiet.on_receive(), receive.on_receive(), unbiased=True) == (1, "x")
        chosen = await start(select(quiet.on_receive(), receive.on_receive(), unbiased=True))
        send.send_nowait("y")
        assert await chosen == (1, "y")
        await sender


@virtual
async def test_when_the_time_is_over_nothing_was_done():
    _, receive = open_channel(0)
    send, _ = open_channel(0)
    began = _clock.now()
    assert await select(receive.on_receive(), send.on_send(1), timeout=2.5) == (None, None)
    assert _clock.now() - began == 2.5
    assert receive.statistics().waiting_receivers == 0
    assert send.statistics().waiting_senders == send.statistics().sent == 0


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"deadline": 3}, 3),
        ({"deadline": 3, "timeout": 5}, 3),
        ({"deadline": 5, "timeout": 3}, 3),
        ({"deadline": -1}, 0),
        ({"timeout": math.inf, "deadline": 7}, 7),
    ],
)
@virtual
async def test_the_earlier_of_timeout_and_deadline_holds(times, expected):
    _, receive = open_channel(0)
    began = _clock.now()
    if "deadline" in times:
        times = {**times, "deadline": began + times["deadline"]}
    assert await select(receive.on_receive(), **times) == (None, None)
    assert _clock.now() - began == expected


@virtual
async def test_an_element_before_the_time_is_over_leaves_no_timer():
    send, receive = open_channel(0)
    chosen = await start(select(receive.on_receive(), timeout=3600))
    await send.send(1)
    assert await chosen == (0, 1)
    await asyncio.sleep(3600)
    assert not any(not timer.cancelled() for timer in asyncio.get_running_loop()._scheduled)


@virtual
async def test_timeout_zero_does_what_can_be_done_at_once():
    send, receive = open_channel(1)
    assert await select(receive.on_receive(), timeout=0) == (None, None)
    assert await select(send.on_send(1), timeout=0) == (0, None)
    assert await select(receive.on_receive(), timeout=0) == (0, 1)


@virtual
async def test_without_a_clause_only_time_can_pass():
    assert await select(timeout=1) == (None, None)
    with pytest.raises(ValueError, match="without a clause and without a timeout would wait for"):
        await select()
    with pytest.raises(ValueError, match="would wait for ever"):
        await select(timeout=math.inf)


@pytest.mark.parametrize("timeout", [-1, math.nan])
@virtual
async def test_a_timeout_is_not_negative(timeout):
    _, receive = open_channel(0)
    with pytest.raises(ValueError, match="timeout must be 0 or more seconds, got"):
        await select(receive.on_receive(), timeout=timeout)


@virtual
async def test_the_end_of_a_channel_is_raised_as_by_the_operation_itself():
    ended, receive = open_channel(1, name="jobs")
    send, other = open_channel(1)
    chosen = await start(select(receive.on_receive(), other.on_receive()))
    ended.close()
    with pytest.raises(EndOfChannel, match="'jobs'"):
        await chosen
    with pytest.raises(EndOfChannel, match="'jobs'"):
        await select(receive.on_receive(), send.on_send(1))
    other.close()
    with pytest.raises(ClosedResourceError, match="the receiving side"):
        await select(send.on_send(1))
    with pytest.raises(ClosedResourceError, match="this receiving handle"):
        await select(other.on_receive())
    with pytest.raises(ClosedResourceError, match="this sending handle"):
        await select(ended.on_send(1))


@virtual
async def test_a_clause_before_the_closed_one_is_done():
    closed, receive = open_channel(1)
    send, other = open_channel(1)
    closed.close()
    assert await select(send.on_send(1), receive.on_receive()) == (0, None)
    assert drain(other) == [1]


@virtual
async def test_receivers_that_refuse_wake_a_select_that_would_send():
    send, receive = open_channel(0)
    chosen = await start(select(send.on_send(1), timeout=5))
    receive.cancel()
    assert isinstance(await outcome(chosen), ClosedResourceError)
    assert send.statistics().undelivered == 0, "it still belongs to the caller"


@virtual
async def test_two_channels_are_merged_to_their_ends():
    async def produce(send, numbers):
        async with send:
            for number in numbers:
                await send.send(number)
                await asyncio.sleep(1)

    sources = [open_channel[int](0) for _ in range(2)]
    producers = [
        asyncio.create_task(produce(send, range(at, at + 3)))
        for at, (send, _) in zip((0, 10), sources, strict=True)
    ]
    clauses = [receive.on_receive(at_end=None) for _, receive in sources]
    merged = []
    while clauses:
        index, number = await select(*clauses)
        if number is None:
            del clauses[index]
        else:
            merged.append(number)
    assert sorted(merged) == [0, 1, 2, 10, 11, 12]
    await asyncio.gather(*producers)


@virtual
async def test_a_cause_is_raised_even_where_the_end_has_a_value():
    send, receive = open_channel(0)
    chosen = await start(select(receive.on_receive(at_end="ended")))
    send.close(LookupError("page 7"))
    with pytest.raises(LookupError, match="page 7"):
        await chosen
    with pytest.raises(LookupError, match="page 7"):
        await select(receive.on_receive(at_end="ended"))


@virtual
async def test_a_cancelled_select_leaves_every_line():
    send, receive = open_channel(0)
    chosen = await start(select(receive.on_receive(), send.on_send(1), timeout=9))
    chosen.cancel()
    await idle()
    assert chosen.cancelled()
    now = receive.statistics()
    assert (now.waiting_receivers, now.waiting_senders, now.undelivered) == (0, 0, 0)


@virtual
async def test_a_select_cancelled_after_its_wake_up_gives_the_element_to_the_next():
    send, receive = open_channel(0)
    chosen = await start(select(receive.on_receive()))
    plain = await start(receive.receive())
    send.send_nowait("element")
    chosen.cancel()
    assert await plain == "element"
    assert chosen.cancelled()


@virtual
async def test_the_time_being_over_does_not_swallow_a_cancellation():
    _, receive = open_channel(0)
    chosen = await start(select(receive.on_receive(), timeout=1))
    asyncio.get_running_loop().call_later(1 - 0.001, chosen.cancel)
    await asyncio.sleep(2)
    assert chosen.cancelled()


@virtual
async def test_a_select_may_stand_twice_in_one_line():
    send, receive = open_channel(0)
    chosen = await start(select(receive.on_receive(), receive.on_receive()))
    await send.send(1)
    assert await chosen == (0, 1)
    chosen = await start(select(receive.on_receive(), receive.on_receive()))
    receive.cancel()
    assert isinstance(await outcome(chosen), ClosedResourceError)


@virtual
async def test_one_clause_serves_in_many_selects():
    send, receive = open_channel(5)
    clause = send.on_send("again")
    for _ in range(3):
        assert await select(clause) == (0, None)
    assert drain(receive) == ["again"] * 3


@virtual
async def test_demand_holds_for_select_too():
    send, receive = open_channel(5)
    receive.request(1)
    assert await select(send.on_send(1), timeout=0) == (0, None)
    chosen = await start(select(send.on_send(2)))
    assert not chosen.done()
    receive.request(1)
    assert await chosen == (0, None)
    assert drain(receive) == [1, 2]
