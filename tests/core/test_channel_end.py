"""The end of a channel: close, causes, cancel and clones."""

from __future__ import annotations

import asyncio
import itertools
import math

import pytest

from _channels import idle, outcome, start, virtual
from snowshed.core._channel import open_channel
from snowshed.errors import ClosedResourceError, EndOfChannel


@virtual
async def test_close_delivers_what_is_buffered_and_what_suspended_senders_hold():
    send, receive = open_channel(1)
    senders = [await start(send.send(number)) for number in range(3)]
    send.close()
    assert [element async for element in receive] == [0, 1, 2]
    assert await asyncio.gather(*senders) == [None] * 3
    with pytest.raises(EndOfChannel):
        await receive.receive()


@virtual
async def test_close_wakes_the_receivers_that_wait():
    send, receive = open_channel(0, name="jobs")
    receivers = [await start(receive.receive()) for _ in range(2)]
    send.close()
    ends = [await outcome(receiver) for receiver in receivers]
    assert [(type(end), end.channel) for end in ends] == [(EndOfChannel, "jobs")] * 2


@virtual
async def test_a_receiver_waits_for_the_end_while_another_may_still_give_its_element_back():
    send, receive = open_channel(1)
    first, second = await start(receive.receive()), await start(receive.receive())
    send.send_nowait(1)
    send.close()
    third = asyncio.create_task(receive.receive())
    first.cancel()
    await idle()
    assert second.result() == 1
    assert isinstance(await outcome(third), EndOfChannel)


@virtual
async def test_a_cause_is_raised_after_the_elements_and_never_grows():
    send, receive = open_channel(2)
    await send.send(1)
    send.close(ValueError("bad page"))
    seen = []
    lengths = []
    for _ in range(3):
        try:
            async for element in receive:
                seen.append(element)
        except ValueError as error:
            lengths.append(len(list(itertools.takewhile(bool, tracebacks(error)))))
    assert seen == [1]
    assert lengths[0] == lengths[1] == lengths[2]
    with pytest.raises(ValueError, match="bad page"):
        receive.receive_nowait()


def tracebacks(error):
    traceback = error.__traceback__
    while True:
        yield traceback
        traceback = traceback.tb_next


@virtual
async def test_a_cause_that_looks_like_an_end_is_still_raised():
    send, receive = open_channel(0)
    send.close(EndOfChannel("upstream"))
    with pytest.raises(EndOfChannel, match="upstream"):
        await anext(aiter(receive))


@pytest.mark.parametrize("cause", [asyncio.CancelledError(), ValueError, "why"])
def test_a_cause_is_an_exception_instance(cause):
    send, _ = open_channel(0)
    with pytest.raises(TypeError, match="cause must be an Exception instance, got"):
        send.close(cause)
    assert send.statistics().open_senders == 1


@virtual
async def test_the_channel_ends_with_the_last_clone_and_the_first_cause():
    send, receive = open_channel(5)
    other, third = send.clone(), send.clone()
    receiver = await start(receive.receive())
    send.close(ValueError("first"))
    send.close(KeyError("closed already"))
    other.close(KeyError("second"))
    assert not receiver.done()
    await third.send(1)
    third.close()
    assert await receiver == 1
    with pytest.raises(ValueError, match="first"):
        await receive.receive()


@virtual
async def test_a_block_that_fails_tells_the_receiver_why():
    send, receive = open_channel(1)

    async def produce():
        async with send:
            await send.send(1)
            raise LookupError("page 7")

    assert isinstance(await outcome(await start(produce())), LookupError)
    assert await receive.receive() == 1
    with pytest.raises(LookupError, match="page 7"):
        await receive.receive()


@virtual
async def test_a_block_that_is_cancelled_ends_the_stream_without_a_cause():
    send, receive = open_channel(1)

    async def produce():
        async with send:
            await asyncio.sleep(math.inf)

    producer = await start(produce())
    producer.cancel()
    assert [element async for element in receive] == []


@virtual
async def test_a_closed_handle_refuses_everything_and_its_clones_go_on():
    send, receive = open_channel(3, name="jobs")
    other = send.clone()
    send.close()
    for refused in (send.clone, lambda: send.send_nowait(1)):
        with pytest.raises(ClosedResourceError, match="this sending handle of channel 'jobs'"):
            refused()
    with pytest.raises(ClosedResourceError):
        await send.send(1)
    await other.send(2)
    twin = receive.clone()
    receive.close()
    for refused in (receive.clone, receive.receive_nowait):
        with pytest.raises(ClosedResourceError, match="this receiving handle of channel 'jobs'"):
            refused()
    with pytest.raises(ClosedResourceError):
        await receive.receive()
    assert await twin.receive() == 2


@virtual
async def test_cancel_loses_the_buffer_and_wakes_everybody():
    lost = []
    send, receive = open_channel(2, on_undelivered=lost.append)
    receive.clone()
    senders = [await start(send.send(number)) for number in range(4)]
    receive.cancel()
    assert lost == [0, 1]
    results = [await outcome(sender) for sender in senders]
    assert results[:2] == [None, None]
    assert [type(result) for result in results[2:]] == [ClosedResourceError] * 2
    assert lost == [0, 1, 2, 3]
    receive.cancel()
    assert len(lost) == 4


@virtual
async def test_cancel_wakes_receivers_of_every_clone():
    _, receive = open_channel(2)
    receivers = [await start(handle.receive()) for handle in (receive, receive.clone())]
    receive.cancel()
    assert {type(await outcome(task)) for task in receivers} == {ClosedResourceError}


@virtual
async def test_the_last_receiving_clone_cancels_and_an_earlier_one_does_not():
    lost = []
    send, receive = open_channel(2, on_undelivered=lost.append)
    async with receive.clone():
        await send.send(1)
    assert not lost
    async with receive:
        pass
    assert lost == [1]
    with pytest.raises(ClosedResourceError, match="the receiving side of channel"):
        send.send_nowait(2)
    assert lost == [1], "what send_nowait refuses still belongs to the caller"
    with pytest.raises(ClosedResourceError):
        await send.send(3)
    assert lost == [1, 3]


@virtual
async def test_closing_a_clone_wakes_those_who_wait_through_it():
    send, receive = open_channel(0)
    clone = receive.clone()
    mine, theirs = await start(receive.receive()), await start(clone.receive())
    receive.close()
    assert isinstance(await outcome(mine), ClosedResourceError)
    await send.send(1)
    assert await theirs == 1
