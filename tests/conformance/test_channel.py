"""What every channel must survive: the bugs that others had, and hours of random use."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from _channels import drain, idle, outcome, start, virtual
from _machine import LoopMachine
from snowshed.core._channel import open_channel
from snowshed.errors import ClosedResourceError, EndOfChannel, WouldBlock


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


class Broken(Exception):
    """The cause with which a sender closes."""


@dataclass(eq=False)
class Actor:
    task: asyncio.Task
    cancelled: bool = False


class ChannelMachine(LoopMachine):
    """Senders and receivers that come, wait, give up, are cancelled, close and refuse.

    Elements are numbers in the order in which their sends are tried, so first-in-first-out means
    that what is delivered only grows.
    """

    @initialize(
        capacity=st.integers(0, 3),
        overflow=st.sampled_from(["suspend", "suspend", "drop_oldest", "drop_latest"]),
        may_end_early=st.booleans(),
    )
    def open(self, capacity, overflow, may_end_early):
        self.lost, self.delivered, self.tried, self.actors = [], [], [], []
        self.capacity = capacity
        self.overflow = overflow if capacity else "suspend"
        self.may_end_early = may_end_early
        send, receive = open_channel(
            capacity, overflow=self.overflow, on_undelivered=self.lost.append
        )
        self.senders, self.receivers = [send], [receive]
        self.numbers = itertools.count()
        self.requested = None
        self.gave_up = 0  # receivers, each of which may have given an element back

    def now(self):
        return self.senders[0].statistics()

    async def send(self, handle, timeout):
        element = next(self.numbers)
        self.tried.append(element)
        try:
            async with asyncio.timeout(timeout):
                await handle.send(element)
        except (TimeoutError, ClosedResourceError):
            pass

    async def receive(self, take, count, timeout):
        try:
            async with asyncio.timeout(timeout):
                for _ in range(count):
                    self.delivered.append(await take())
        except TimeoutError:
            self.gave_up += 1
        except ClosedResourceError:
            pass
        except (EndOfChannel, StopAsyncIteration, Broken):
            now = self.now()
            assert now.closed
            assert not now.buffered

    timeouts = st.none() | st.sampled_from([0, 0.5, 1])

    @rule(which=st.integers(0, 2), timeout=timeouts)
    def some_send(self, which, timeout):
        handle = self.senders[which % len(self.senders)]
        self.actors.append(Actor(self.start(self.send(handle, timeout))))

    @rule(
        which=st.integers(0, 2),
        method=st.sampled_from(["receive", "__anext__"]),
        count=st.integers(1, 3),
        timeout=timeouts,
    )
    def some_receive(self, which, method, count, timeout):
        take = getattr(self.receivers[which % len(self.receivers)], method)
        self.actors.append(Actor(self.start(self.receive(take, count, timeout))))

    @rule(which=st.integers(0, 2))
    def send_at_once(self, which):
        element, before = next(self.numbers), self.now()
        try:
            self.senders[which % len(self.senders)].send_nowait(element)
        except WouldBlock:
            assert self.overflow == "suspend"
        except ClosedResourceError:
            pass
        else:
            self.tried.append(element)
            assert not before.waiting_senders, "nobody is overtaken"

    @rule(which=st.integers(0, 2))
    def receive_at_once(self, which):
        with contextlib.suppress(WouldBlock, EndOfChannel, ClosedResourceError, Broken):
            self.delivered.append(self.receivers[which % len(self.receivers)].receive_nowait())

    @precondition(lambda self: self.actors)
    @rule(data=st.data())
    def cancel_a_task(self, data):
        actor = data.draw(st.sampled_from(self.actors))
        actor.cancelled |= actor.task.cancel()
        self.gave_up += 1

    @rule(n=st.sampled_from([1, 2, 5, float("inf")]))
    def request(self, n):
        now = self.now()
        if not self.receivers[0].statistics().open_receivers:
            return
        if self.requested is None:
            self.requested, self.base, self.before = 0, now.received, now.buffered
        self.receivers[-1].request(n)
        self.requested += n

    @rule(side=st.sampled_from(["senders", "receivers"]))
    def clone(self, side):
        handles = getattr(self, side)
        with contextlib.suppress(ClosedResourceError):
            handles.append(handles[-1].clone())

    @precondition(lambda self: self.may_end_early)
    @rule(which=st.integers(0, 2), cause=st.sampled_from([None, Broken()]))
    def close_a_sender(self, which, cause):
        self.senders[which % len(self.senders)].close(cause)

    @precondition(lambda self: self.may_end_early)
    @rule(which=st.integers(0, 2))
    def close_a_receiver(self, which):
        self.receivers[which % len(self.receivers)].close()

    @precondition(lambda self: self.may_end_early)
    @rule()
    def refuse(self):
        self.receivers[-1].cancel()

    @invariant()
    def first_in_first_out_and_each_once(self):
        assert self.delivered == sorted(set(self.delivered))
        assert len(set(self.lost)) == len(self.lost)
        assert not set(self.lost) & set(self.delivered)

    @invariant()
    def the_counters_are_true(self):
        now = self.now()
        assert now.received == len(self.delivered)
        assert now.undelivered == len(self.lost) >= now.dropped

    @invariant()
    def nothing_is_accepted_beyond_the_demand(self):
        now = self.now()
        if self.requested is not None:
            accepted = now.received - self.base + now.buffered
            assert accepted <= max(self.requested, self.before)

    @rule()
    def come_to_rest(self):
        """When nothing is left to run, every element is somewhere, and nobody waits in vain."""
        self.settle()
        now = self.now()
        held = len(self.tried) - len(self.delivered) - len(self.lost)
        assert held == now.buffered + now.waiting_senders
        surplus = now.buffered - self.capacity
        assert surplus <= (self.gave_up if self.overflow != "drop_oldest" else 0)
        wanted = now.demand is None or now.demand >= 1
        assert not (now.waiting_receivers and now.buffered)
        assert not (now.waiting_senders and wanted and (surplus < 0 or now.waiting_receivers))
        assert not (now.waiting_receivers and now.closed and not now.waiting_senders)
        assert all(actor.task.cancelled() for actor in self.actors if actor.cancelled)

    def end(self):
        """Ask for everything, close, receive what is left: nobody hangs, nothing is missing."""
        self.come_to_rest()
        self.receivers[-1].request(float("inf"))
        for handle in self.senders:
            handle.close()
        self.start(self.receive(self.receivers[-1].receive, 1000, None))
        self.finish()
        self.receivers[-1].cancel()
        assert sorted(self.delivered + self.lost) == self.tried
        now = self.now()
        assert (now.buffered, now.waiting_senders, now.waiting_receivers) == (0, 0, 0)


TestChannelMachine = ChannelMachine.TestCase
TestChannelMachine.settings = settings(deadline=None, max_examples=100, stateful_step_count=40)
