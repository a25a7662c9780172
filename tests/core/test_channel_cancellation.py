"""A cancelled receive consumes nothing; a cancelled send is accounted for; the order holds.

The interesting instant lies between the wake-up of a task and its run: asyncio cancels there too.
"""

from __future__ import annotations

import asyncio

import pytest

from _channels import drain, idle, outcome, start, virtual
from snowshed.core._channel import open_channel
from snowshed.errors import ClosedResourceError, WouldBlock


@virtual
async def test_a_receiver_that_gave_up_leaves_the_line():
    send, receive = open_channel(0)
    first, second = await start(receive.receive()), await start(receive.receive())
    first.cancel()
    send.send_nowait(1)
    assert await second == 1
    assert first.cancelled()
    assert receive.statistics().waiting_receivers == 0


@pytest.mark.parametrize("capacity", [0, 1, 5])
@virtual
async def test_a_receive_cancelled_after_its_wake_up_leaves_the_element_to_the_next(capacity):
    lost = []
    send, receive = open_channel(capacity, on_undelivered=lost.append)
    first, second = await start(receive.receive()), await start(receive.receive())
    send.send_nowait(1)
    first.cancel()
    assert await second == 1
    assert first.cancelled()
    assert not lost


@pytest.mark.parametrize("capacity", [0, 1, 5])
@virtual
async def test_an_element_given_back_is_at_the_front(capacity):
    send, receive = open_channel(capacity)
    receiver = await start(receive.receive())
    send.send_nowait(1)
    receiver.cancel()
    waiting = [await start(send.send(number)) for number in (2, 3)]
    assert [await receive.receive() for _ in range(3)] == [1, 2, 3]
    await asyncio.gather(*waiting)


@virtual
async def test_elements_given_back_by_several_receivers_keep_their_order():
    send, receive = open_channel(2)
    receivers = [await start(receive.receive()) for _ in range(3)]
    for number in range(5):
        send.send_nowait(number)
    for receiver in receivers:
        receiver.cancel()
    await idle()
    assert drain(receive) == [0, 1, 2, 3, 4]


@virtual
async def test_a_receiver_never_sees_an_older_element_after_a_newer_one():
    send, receive = open_channel(2)
    woken = await start(receive.receive())
    send.send_nowait(1)
    send.send_nowait(2)
    assert await receive.receive() == 1, "the first to run gets the first element"
    woken.cancel()
    await idle()
    assert await receive.receive() == 2


@virtual
async def test_a_channel_over_its_capacity_accepts_nothing_until_the_surplus_is_taken():
    send, receive = open_channel(1)
    receiver = await start(receive.receive())
    send.send_nowait(1)
    send.send_nowait(2)
    receiver.cancel()
    await idle()
    assert receive.statistics().buffered == 2
    for expected in (1, 2):
        with pytest.raises(WouldBlock):
            send.send_nowait(3)
        assert receive.receive_nowait() == expected
    send.send_nowait(3)


@virtual
async def test_a_conflated_channel_sheds_a_stale_element_that_was_given_back():
    lost = []
    send, receive = open_channel(1, overflow="drop_oldest", on_undelivered=lost.append)
    receiver = await start(receive.receive())
    send.send_nowait("stale")
    send.send_nowait("new")
    receiver.cancel()
    await idle()
    assert drain(receive) == ["new"]
    assert lost == ["stale"]


@virtual
async def test_a_send_cancelled_while_it_waits_reports_its_element_once():
    lost = []
    send, receive = open_channel(1, on_undelivered=lost.append)
    senders = [await start(send.send(number)) for number in range(4)]
    senders[2].cancel()
    await idle()
    assert lost == [2]
    assert [await receive.receive() for _ in range(3)] == [0, 1, 3]
    assert receive.statistics().undelivered == 1


@virtual
async def test_a_send_cancelled_before_a_place_is_free_is_passed_over_at_once():
    """The place goes to the next sender although the cancelled one has not run yet."""
    send, receive = open_channel(1)
    senders = [await start(send.send(number)) for number in range(3)]
    senders[1].cancel()
    assert receive.receive_nowait() == 0
    assert receive.receive_nowait() == 2
    await asyncio.gather(*senders, return_exceptions=True)


@virtual
async def test_a_send_cancelled_after_its_element_was_taken_is_not_reported():
    lost = []
    send, receive = open_channel(0, on_undelivered=lost.append)
    sender = await start(send.send(1))
    assert receive.receive_nowait() == 1
    sender.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sender
    assert not lost


@virtual
async def test_a_receiver_woken_and_then_refused_gets_nothing_and_loses_nothing():
    lost = []
    send, receive = open_channel(1, on_undelivered=lost.append)
    receiver = await start(receive.receive())
    send.send_nowait(1)
    receive.cancel()
    assert isinstance(await outcome(receiver), ClosedResourceError)
    assert lost == [1]


@virtual
async def test_a_sender_refused_and_cancelled_in_one_instant_reports_once():
    lost = []
    send, receive = open_channel(0, on_undelivered=lost.append)
    sender = await start(send.send(1))
    receive.cancel()
    sender.cancel()
    await outcome(sender)
    assert lost == [1]
    assert sender.cancelled()


@virtual
async def test_a_sender_that_gives_up_is_the_end_for_receivers_that_lack_demand():
    send, receive = open_channel(1)
    receive.request(1)
    await send.send(1)
    sender = await start(send.send(2))
    assert await receive.receive() == 1
    receiver = await start(anext(receive, "ended"))
    send.close()
    await idle()
    assert not receiver.done(), "the sender may still get its demand"
    sender.cancel()
    assert await receiver == "ended"


@virtual
async def test_a_thousand_cancelled_waiters_leave_nothing_behind():
    send, receive = open_channel(0)
    for operation in (receive.receive, lambda: send.send(1)):
        tasks = [asyncio.create_task(operation()) for _ in range(1000)]
        await idle()
        for task in reversed(tasks):
            task.cancel()
        await idle()
        now = receive.statistics()
        assert (now.waiting_senders, now.waiting_receivers, now.buffered) == (0, 0, 0)
    assert now.undelivered == 1000


@virtual
async def test_a_time_out_around_receive_consumes_nothing():
    send, receive = open_channel(0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await receive.receive()
    sender = await start(send.send(1))
    assert await receive.receive() == 1
    await sender
