"""Demand: nothing is accepted beyond what was requested. Fairness: the loop gets its turns."""

from __future__ import annotations

import asyncio
import math

import pytest

from _channels import drain, idle, outcome, start, virtual
from snowshed.core._channel import open_channel
from snowshed.core._select import select
from snowshed.errors import ClosedResourceError, WouldBlock


@virtual
async def test_capacity_alone_rules_until_the_first_request():
    send, receive = open_channel(1)
    for number in range(5):
        await send.send(number)
        assert await receive.receive() == number
    assert receive.statistics().demand is None


@virtual
async def test_requests_add_up_and_senders_wait_without_demand():
    send, receive = open_channel(10, name="jobs")
    receive.request(1)
    receive.request(2)
    senders = [await start(send.send(number)) for number in range(5)]
    assert [sender.done() for sender in senders] == [True, True, True, False, False]
    assert receive.statistics().demand == 0
    assert drain(receive) == [0, 1, 2]
    with pytest.raises(WouldBlock, match="channel 'jobs' has no demand left; its receiver has to"):
        send.send_nowait(5)
    receive.request(1)
    await idle()
    assert drain(receive) == [3]
    assert not senders[4].done()
    receive.cancel()
    assert isinstance(await outcome(senders[4]), ClosedResourceError)


@virtual
async def test_demand_is_no_place():
    send, receive = open_channel(0)
    receive.request(5)
    with pytest.raises(WouldBlock, match="no receiver waiting"):
        send.send_nowait(1)
    receiver = await start(receive.receive())
    send.send_nowait(1)
    assert await receiver == 1
    assert receive.statistics().demand == 4


@virtual
async def test_a_receiver_that_waits_is_no_demand():
    send, receive = open_channel(3)
    receive.request(1)
    send.send_nowait(1)
    drain(receive)
    receiver = await start(receive.receive())
    with pytest.raises(WouldBlock):
        send.send_nowait(2)
    sender = await start(send.send(2))
    receive.request(1)
    assert await receiver == 2
    await sender


@virtual
async def test_what_is_buffered_at_the_first_request_counts_against_it():
    send, receive = open_channel(10)
    for number in range(3):
        send.send_nowait(number)
    receive.request(2)
    assert receive.statistics().demand == -1
    receive.request(2)
    send.send_nowait(3)
    with pytest.raises(WouldBlock):
        send.send_nowait(4)
    assert drain(receive) == [0, 1, 2, 3]


@virtual
async def test_infinite_demand_leaves_the_capacity():
    send, receive = open_channel(2)
    receive.request(math.inf)
    receive.request(1)
    for number in range(2):
        send.send_nowait(number)
    with pytest.raises(WouldBlock, match=r"is full \(2 of 2 buffered\)"):
        send.send_nowait(2)
    assert receive.statistics().demand == math.inf
    assert repr(receive).endswith("demand inf>")


@pytest.mark.parametrize("n", [0, -1, -math.inf])
def test_a_request_is_positive(n):
    """Rule 3.9 of Reactive Streams."""
    _, receive = open_channel(1)
    with pytest.raises((ValueError, TypeError), match=rf"request\(\) takes .* got {n}"):
        receive.request(n)
    assert receive.statistics().demand is None


@pytest.mark.parametrize("n", [1.5, "1", math.nan, None])
def test_a_request_is_a_whole_number_or_infinite(n):
    _, receive = open_channel(1)
    with pytest.raises(TypeError, match=r"takes an int or math\.inf, got"):
        receive.request(n)


@virtual
async def test_a_request_inside_the_receiving_loop_does_not_recurse():
    """Rule 3.3 of Reactive Streams: ten thousand rounds would exhaust the stack otherwise."""
    send, receive = open_channel(0)
    depths = set()

    async def produce():
        async with send:
            for number in range(10_000):
                await send.send(number)

    producer = asyncio.create_task(produce())
    receive.request(1)
    async for _ in receive:
        depths.add(len(asyncio.current_task().get_stack()))
        receive.request(1)
    await producer
    assert len(depths) == 1
    assert receive.statistics().received == 10_000


@virtual
async def test_a_request_after_the_end_does_nothing():
    """Rule 3.6 of Reactive Streams."""
    send, receive = open_channel(1)
    receive.close()
    receive.request(1)
    send.close()
    assert receive.statistics().demand is None
    with pytest.raises(ValueError, match="got 0"):
        receive.request(0)


@virtual
async def test_a_conflated_channel_keeps_the_newest_under_a_request_for_one():
    lost = []
    send, receive = open_channel(1, overflow="drop_oldest", on_undelivered=lost.append)
    receive.request(1)
    for number in range(3):
        await send.send(number)
    assert await receive.receive() == 2
    await send.send(3)
    assert lost == [0, 1, 3], "without demand the new element itself is lost"
    assert receive.statistics().demand == 0


@virtual
async def test_a_shedding_channel_loses_what_was_not_requested():
    lost = []
    send, receive = open_channel(5, overflow="drop_latest", on_undelivered=lost.append)
    receive.request(2)
    for number in range(4):
        await send.send(number)
    assert drain(receive) == [0, 1]
    assert lost == [2, 3]


async def turns_during(work):
    """Count how often the loop gets to run something else while ``work`` runs."""
    turns = 0

    async def tick():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    ticker = asyncio.create_task(tick())
    await work
    ticker.cancel()
    return turns


async def send_many(send, receive):
    for number in range(1280):
        await send.send(number)


async def receive_many(send, receive):
    for number in range(1280):
        send.send_nowait(number)
    for _ in range(1280):
        await receive.receive()


async def iterate(send, receive):
    for number in range(1280):
        send.send_nowait(number)
    send.close()
    async for _ in receive:
        pass


async def send_and_receive_by_turns(send, receive):
    for number in range(1280):
        await send.send(number)
        await receive.receive()


async def send_and_take_by_turns(send, receive):
    for number in range(1280):
        await send.send(number)
        receive.receive_nowait()


async def select_many(send, receive):
    for number in range(1280):
        await select(receive.on_receive(), send.on_send(number))


@pytest.mark.parametrize(
    "work",
    [
        send_many,
        receive_many,
        iterate,
        send_and_receive_by_turns,
        send_and_take_by_turns,
        select_many,
    ],
)
@virtual
async def test_a_task_that_never_waits_lets_the_loop_run_every_128_operations(work):
    send, receive = open_channel(10_000)
    turns = await turns_during(work(send, receive))
    assert 1280 // 128 - 1 <= turns <= 25


@virtual
async def test_dropping_sends_let_the_loop_run_too():
    send, receive = open_channel(1, overflow="drop_oldest")
    assert await turns_during(send_many(send, receive)) >= 9


@virtual
async def test_a_poller_lets_others_act():
    send, receive = open_channel(0)
    sender = asyncio.create_task(send.send(1))
    index = None
    while index is None:
        index, element = await select(receive.on_receive(), timeout=0)
    assert element == 1
    await sender
