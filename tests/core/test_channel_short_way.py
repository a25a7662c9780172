"""`send` and `receive` ask nobody while nobody waits; whoever comes to wait closes that short way.

Each test opens the short way first, by an operation that went the long way and found nobody.
"""

from __future__ import annotations

import asyncio

from _channels import drain, idle, start, virtual
from snowshed.core._channel import open_channel


def suspends(coro):
    """Run ``coro`` to its first suspension and throw it away; tell whether it came so far."""
    try:
        coro.send(None)
    except StopIteration:
        return False
    coro.close()
    return True


@virtual
async def test_a_receiver_that_waits_closes_it_for_senders():
    send, receive = open_channel(5)
    for number in range(2):
        await send.send(number)
        await receive.receive()
    receiver = await start(receive.receive())
    await send.send("for the receiver")
    assert await receiver == "for the receiver"


@virtual
async def test_it_stays_closed_for_senders_while_more_receivers_wait():
    send, receive = open_channel(5)
    receivers = [await start(receive.receive()) for _ in range(3)]
    for number in range(3):
        await send.send(number)
    assert await asyncio.gather(*receivers) == [0, 1, 2]


@virtual
async def test_a_sender_that_waits_closes_it_for_receivers():
    send, receive = open_channel(2)
    await send.send(0)
    await receive.receive()
    await send.send(1)
    await send.send(2)
    sender = await start(send.send(3))
    await receive.receive()
    await idle()
    assert sender.done()


@virtual
async def test_it_stays_closed_for_receivers_while_more_senders_wait():
    send, receive = open_channel(1)
    senders = [await start(send.send(number)) for number in range(4)]
    for number in range(3):
        assert await receive.receive() == number
        assert receive.statistics().buffered == 1, "the next sender moved up"
    await asyncio.gather(*senders)


@virtual
async def test_a_woken_receiver_closes_it_for_others():
    send, receive = open_channel(2)
    await send.send(0)
    await receive.receive()
    woken = await start(receive.receive())
    send.send_nowait("for the woken")
    assert suspends(receive.receive())
    assert await woken == "for the woken"


@virtual
async def test_it_stays_closed_for_others_while_a_woken_receiver_has_not_run():
    send, receive = open_channel(2)
    woken = await start(receive.receive())
    send.send_nowait(1)
    send.send_nowait(2)
    assert await receive.receive() == 1
    assert suspends(receive.receive())
    assert await woken == 2


@virtual
async def test_a_place_that_a_woken_receiver_had_is_gone_when_it_has_run():
    send, receive = open_channel(1)
    receiver = await start(receive.receive())
    await send.send(1)
    await receiver
    await send.send(2)
    assert suspends(send.send(3))
    assert drain(receive) == [2]


@virtual
async def test_a_place_that_a_woken_receiver_had_is_gone_when_it_gave_up():
    send, receive = open_channel(1)
    receiver = await start(receive.receive())
    await send.send(1)
    receiver.cancel()
    await idle()
    assert suspends(send.send(2))
    assert drain(receive) == [1]


@virtual
async def test_a_request_closes_it_for_senders():
    send, receive = open_channel(5)
    await send.send(1)
    receive.request(1)
    assert suspends(send.send(2))
    assert drain(receive) == [1]


@virtual
async def test_operations_thrown_away_leave_no_waiter_and_lose_no_element():
    lost = []
    send, receive = open_channel(0, on_undelivered=lost.append)
    assert suspends(receive.receive())
    assert suspends(send.send(1))
    assert lost == [1]
    assert not receive._state._receivers
    assert not receive._state._senders
