"""How elements travel through a channel, who waits, what is dropped, what it says of itself.

Its end, cancellation, and demand have files of their own beside this one.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import math

import pytest

from _channels import drain, idle, outcome, start, virtual
from snowshed.core._channel import ChannelStatistics, open_channel
from snowshed.errors import ClosedResourceError, EndOfChannel, WouldBlock


@virtual
async def test_a_rendezvous_send_ends_when_a_receiver_is_there():
    send, receive = open_channel(0)
    sender = await start(send.send(1))
    assert not sender.done()
    assert await receive.receive() == 1
    await idle()
    assert sender.done()


@virtual
async def test_a_rendezvous_holds_nothing():
    send, receive = open_channel(0)
    with pytest.raises(WouldBlock, match=r"no receiver waiting; wait with the plain form"):
        send.send_nowait(1)
    receiver = await start(receive.receive())
    send.send_nowait(2)
    with pytest.raises(WouldBlock):
        send.send_nowait(3)
    assert await receiver == 2


@virtual
async def test_a_send_waits_from_the_element_that_exceeds_the_capacity_on():
    send, receive = open_channel(2)
    await send.send("a")
    await send.send("b")
    third = await start(send.send("c"))
    assert not third.done()
    assert await receive.receive() == "a"
    await idle()
    assert third.done()
    assert drain(receive) == ["b", "c"]


@virtual
async def test_elements_keep_their_order_however_they_are_sent_and_received():
    send, receive = open_channel(3, name="jobs")
    got = []

    async def consume():
        async for element in receive:
            got.append(element)
            if element % 7 == 0:
                await asyncio.sleep(1)

    consumer = asyncio.create_task(consume())
    for number in range(500):
        if number % 3:
            await send.send(number)
        else:
            while True:
                try:
                    send.send_nowait(number)
                except WouldBlock:
                    await asyncio.sleep(0.1)
                else:
                    break
    send.close()
    await consumer
    assert got == list(range(500))


@virtual
async def test_senders_that_wait_are_served_in_the_order_of_their_arrival():
    send, receive = open_channel(1)
    senders = [await start(send.send(number)) for number in range(5)]
    assert [await receive.receive() for _ in senders] == [0, 1, 2, 3, 4]
    assert await asyncio.gather(*senders) == [None] * 5


@virtual
async def test_receivers_that_wait_are_served_in_the_order_of_their_arrival():
    send, receive = open_channel(0)
    receivers = [await start(receive.receive()) for _ in range(3)]
    for element in "abc":
        await send.send(element)
    assert await asyncio.gather(*receivers) == ["a", "b", "c"]


@virtual
async def test_send_nowait_does_not_overtake_a_send_that_waits():
    send, receive = open_channel(1)
    await send.send(1)
    waiting = await start(send.send(2))
    receive.receive_nowait()
    with pytest.raises(WouldBlock, match=r"is full \(1 of 1 buffered\)"):
        send.send_nowait(3)
    await waiting
    assert drain(receive) == [2]


@pytest.mark.parametrize("element", [None, False, 0, "", (), asyncio.CancelledError()])
@virtual
async def test_every_value_can_be_an_element(element):
    for capacity in (0, 1):
        send, receive = open_channel(capacity)
        receiver = await start(receive.receive())
        send.send_nowait(element)
        assert await receiver is element


@virtual
async def test_drop_oldest_keeps_the_newest_and_reports_the_rest():
    lost = []
    send, receive = open_channel(2, overflow="drop_oldest", on_undelivered=lost.append)
    for number in range(5):
        await send.send(number)
    assert lost == [0, 1, 2]
    assert drain(receive) == [3, 4]
    assert receive.statistics().dropped == 3


@virtual
async def test_drop_latest_keeps_what_came_first_and_reports_the_rest():
    lost = []
    send, receive = open_channel(2, overflow="drop_latest", on_undelivered=lost.append)
    for number in range(5):
        send.send_nowait(number)
    assert lost == [2, 3, 4]
    assert drain(receive) == [0, 1]


@virtual
async def test_a_dropping_channel_drops_nothing_for_which_a_receiver_waits():
    lost = []
    send, receive = open_channel(1, overflow="drop_oldest", on_undelivered=lost.append)
    receivers = [await start(receive.receive()) for _ in range(2)]
    for number in range(4):
        send.send_nowait(number)
    assert await asyncio.gather(*receivers) == [0, 1]
    assert lost == [2]
    assert drain(receive) == [3]


@virtual
async def test_receive_nowait_has_three_outcomes():
    send, receive = open_channel(1, name="jobs")
    with pytest.raises(WouldBlock, match="channel 'jobs' has no element to receive"):
        receive.receive_nowait()
    send.send_nowait(1)
    assert receive.receive_nowait() == 1
    send.close()
    with pytest.raises(EndOfChannel, match="channel 'jobs' is closed and empty"):
        receive.receive_nowait()


@virtual
async def test_a_failing_callback_is_logged_once_and_harms_nobody(caplog):
    def fail(element):
        raise LookupError(element)

    send, receive = open_channel(1, overflow="drop_latest", name="jobs", on_undelivered=fail)
    for number in range(4):
        await send.send(number)
    receive.cancel()
    assert [(r.name, r.levelno, r.args) for r in caplog.records] == [
        ("snowshed.core", logging.ERROR, ("jobs",))
    ]
    assert receive.statistics().undelivered == 4


@virtual
async def test_the_callback_may_use_the_channel():
    send, receive = open_channel(1, overflow="drop_oldest", on_undelivered=lambda _: send.close())
    await send.send(1)
    await send.send(2)
    assert [element async for element in receive] == [2]


@pytest.mark.parametrize(
    ("capacity", "overflow", "error", "message"),
    [
        (-1, "suspend", ValueError, "capacity must be 0 .* got -1"),
        (math.inf, "suspend", TypeError, "capacity must be an int, got inf"),
        (True, "suspend", TypeError, "capacity must be an int, got True"),
        (1, "block", ValueError, "overflow must be one of suspend, .*; got 'block'"),
        (0, "drop_oldest", ValueError, "capacity=0 .* overflow='drop_oldest'"),
    ],
)
def test_wrong_arguments_are_refused_with_their_values(capacity, overflow, error, message):
    with pytest.raises(error, match=message):
        open_channel(capacity, overflow=overflow)


def test_a_coroutine_function_cannot_be_the_callback():
    async def release(element):
        pass

    with pytest.raises(TypeError, match="must not be a coroutine function"):
        open_channel(1, on_undelivered=release)


@virtual
async def test_the_statistics_count_everything_and_the_repr_shows_it():
    send, receive = open_channel[int](2, name="jobs")
    clone = send.clone()
    for number in range(2):
        await send.send(number)
    sender = await start(send.send(2))
    await receive.receive()
    await sender
    waiting = await start(clone.send(3))
    assert send.statistics() == receive.statistics() == ChannelStatistics(
        name="jobs", capacity=2, overflow="suspend", buffered=2, waiting_senders=1,
        waiting_receivers=0, sent=3, received=1, dropped=0, undelivered=0, demand=None,
        open_senders=2, open_receivers=1, closed=False,
    )  # fmt: skip
    with pytest.raises(dataclasses.FrozenInstanceError):
        send.statistics().sent = 0
    assert repr(clone) == (
        "<SendChannel 'jobs': 2 of 2 buffered, waiting 1 to send and 0 to receive, "
        "sent 3, received 1, dropped 0, undelivered 0>"
    )
    receive.cancel()
    assert isinstance(await outcome(waiting), ClosedResourceError)
    assert repr(receive) == (
        "<ReceiveChannel 'jobs': 0 of 2 buffered, waiting 0 to send and 0 to receive, "
        "sent 3, received 1, dropped 0, undelivered 3, closed, this handle closed>"
    )


def test_a_channel_without_a_name_gets_one_of_its_own():
    names = {open_channel(1)[0].statistics().name for _ in range(3)}
    assert len(names) == 3
