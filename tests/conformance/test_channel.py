"""What every channel must survive: the bugs that others had. Random use has a file of its own."""

from __future__ import annotations

import asyncio

import pytest

from _channels import drain, idle, outcome, start, virtual
from snowshed.core._channel import open_channel
from snowshed.errors import ClosedResourceError, WouldBlock


@virtual
async def test_no_element_is_lost_when_receives_time_out_around_the_sends():
    """agronholm/anyio#146: a receiver with a time-out dropped elements at random."""
    send, receive = open_channel(0)
    got = []

    async def consume():
        while True:
            try:
                async with asyncio.timeout(0.1):
                    got.append(await receive.receive())
            except TimeoutError:
                pass

    consumer = asyncio.create_task(consume())
    for number in range(10):
        await asyncio.sleep(0.2)  # exactly when a time-out fires
        await send.send(number)
    await idle()
    consumer.cancel()
    assert got == list(range(10))


@virtual
async def test_an_element_sent_just_before_the_cancellation_of_the_getter_is_kept():
    """bpo-23812 in asyncio.Queue, tornadoweb/tornado#2826: put_nowait, then cancel the getter."""
    send, receive = open_channel(5)
    getter = await start(receive.receive())
    send.send_nowait("a")
    getter.cancel()
    assert isinstance(await outcome(getter), asyncio.CancelledError)
    assert receive.receive_nowait() == "a"


@pytest.mark.parametrize("early", [0.999, 1, 1.001])
@virtual
async def test_wait_for_loses_nothing_at_the_moment_of_its_time_out(early):
    """python/asyncio#201, #343: wait_for(queue.get()) lost the item that came with its time-out."""
    send, receive = open_channel(1)
    asyncio.get_running_loop().call_later(early, send.send_nowait, "a")
    try:
        got = [await asyncio.wait_for(receive.receive(), 1)]
    except TimeoutError:
        got = []
    await asyncio.sleep(1)
    assert [*got, *drain(receive)] == ["a"]


@virtual
async def test_nothing_is_sent_to_or_received_from_a_task_cancelled_a_moment_ago():
    """agronholm/anyio#728: an element was given to a task that was cancelled but had not run."""
    send, receive = open_channel(0)
    receiver = await start(receive.receive())
    receiver.cancel()
    with pytest.raises(WouldBlock):
        send.send_nowait(1)
    await idle()
    sender = await start(send.send(2))
    sender.cancel()
    with pytest.raises(WouldBlock):
        receive.receive_nowait()


@virtual
async def test_a_send_is_good_even_if_its_receiver_leaves_before_it_runs():
    """agronholm/anyio#186: the sender was told that nobody had received its element."""
    send, receive = open_channel(0)
    sender = await start(send.send("a"))
    async with receive:
        assert await receive.receive() == "a"
    assert await sender is None


@pytest.mark.parametrize("element", [None, 0, ""])
@virtual
async def test_a_falsy_element_that_nobody_received_was_not_sent(element):
    """agronholm/anyio#731: the sender of a falsy element was not told that the receivers went."""
    send, receive = open_channel(0)
    sender = await start(send.send(element))
    receive.close()
    with pytest.raises(ClosedResourceError):
        await sender


@virtual
async def test_a_send_goes_on_after_receive_nowait():
    """agronholm/anyio#143: only the waiting form of receive let a suspended sender go on."""
    send, receive = open_channel(1)
    await send.send(1)
    sender = await start(send.send(2))
    assert receive.receive_nowait() == 1
    await idle()
    assert sender.done()
    assert receive.receive_nowait() == 2


@virtual
async def test_full_channels_keep_the_order_of_waiting_and_immediate_sends():
    """python/cpython#83055: asyncio.Queue.put_nowait overtook puts that had waited for longer."""
    send, receive = open_channel(1)
    got = []
    senders = [await start(send.send(number)) for number in range(4)]
    for number in range(4, 7):
        got.append(receive.receive_nowait())
        with pytest.raises(WouldBlock):
            send.send_nowait(number)
    assert got == [0, 1, 2]
    await asyncio.gather(*senders)


@virtual
async def test_a_sender_cancelled_after_its_wake_up_does_not_strand_the_next():
    """python/cpython#108042, alitto/pond#108: the free place was lost with whom it had woken."""
    send, receive = open_channel(1)
    senders = [await start(send.send(number)) for number in range(3)]
    receive.receive_nowait()
    senders[1].cancel()
    receive.receive_nowait()
    async with asyncio.timeout(1):
        await senders[2]


@virtual
async def test_many_elements_are_taken_at_once_while_many_senders_wait():
    """python/asyncio#265: the second get_nowait in one pass of the loop failed an assertion."""
    send, receive = open_channel(2)
    senders = [await start(send.send(number)) for number in range(6)]
    assert [receive.receive_nowait() for _ in senders] == list(range(6))
    await asyncio.gather(*senders)


@pytest.mark.parametrize("capacity", [1, 2, 5])
@pytest.mark.parametrize("overflow", ["drop_oldest", "drop_latest"])
@virtual
async def test_every_dropped_element_is_reported_at_every_capacity(capacity, overflow):
    """Kotlin/kotlinx.coroutines#3330: beyond capacity 1 no dropped element was reported."""
    lost = []
    send, receive = open_channel(capacity, overflow=overflow, on_undelivered=lost.append)
    for number in range(10):
        await send.send(number)
    assert sorted([*lost, *drain(receive)]) == list(range(10))
    assert len(lost) == 10 - capacity


@virtual
async def test_cancel_reports_every_element_of_a_large_buffer():
    """Kotlin/kotlinx.coroutines#2435: large buffers were dropped without a report."""
    lost = []
    send, receive = open_channel(10_000, on_undelivered=lost.append)
    for number in range(10_000):
        await send.send(number)
    receive.cancel()
    assert lost == list(range(10_000))


@virtual
async def test_an_element_delivered_after_its_sender_waited_is_not_reported():
    """Kotlin/kotlinx.coroutines#2826: each element whose send had suspended was reported."""
    lost = []
    send, receive = open_channel(3, on_undelivered=lost.append)
    senders = [await start(send.send(number)) for number in range(6)]
    assert [await receive.receive() for _ in senders] == list(range(6))
    await asyncio.gather(*senders)
    assert not lost


@virtual
async def test_senders_do_not_wait_for_a_consumer_that_died():
    """asyncio.Queue leaves them suspended for ever; here they learn it, and nothing is missing."""
    lost = []
    send, receive = open_channel(1, on_undelivered=lost.append)

    async def consume():
        async with receive:
            await receive.receive()
            raise LookupError

    consumer = asyncio.create_task(consume())
    senders = [asyncio.create_task(send.send(number)) for number in range(5)]
    assert isinstance(await outcome(consumer), LookupError)
    results = await asyncio.gather(*senders, return_exceptions=True)
    assert {type(result) for result in results} == {type(None), ClosedResourceError}
    assert sorted(lost) == [1, 2, 3, 4]
