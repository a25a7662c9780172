"""What every select must survive: the bugs that others had, and hours of random use."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from _channels import idle, start, virtual
from _machine import LoopMachine
from snowshed.core._channel import open_channel
from snowshed.core._select import select
from snowshed.errors import ClosedResourceError, EndOfChannel, WouldBlock


@virtual
async def test_selects_that_use_two_channels_in_opposite_order_meet():
    """Kotlin/kotlinx.coroutines#504: both helped each other until the stack overflowed."""
    one, receive_one = open_channel(0)
    two, receive_two = open_channel(0)
    first = await start(select(one.on_send("from first"), two.on_send("from first")))
    second = await start(select(receive_two.on_receive(), receive_one.on_receive()))
    assert await second == (0, "from first")
    assert await first == (1, None)


@virtual
async def test_a_select_does_not_meet_itself():
    """Kotlin/kotlinx.coroutines#1411: sending and receiving on one channel overflowed the stack."""
    send, receive = open_channel(0)
    chosen = await start(select(send.on_send(42), receive.on_receive()))
    receive.request(1)  # looks for pairs once more
    await idle()
    assert not chosen.done()
    twin = await start(select(send.on_send(43), receive.on_receive()))
    assert await twin == (0, None)
    assert await chosen == (1, 43)


@virtual
async def test_demand_pairs_others_past_a_select_that_could_only_meet_itself():
    """The select stands first in both lines; behind it a sender and a receiver wait."""
    send, receive = open_channel(0)
    receive.request(1)
    taker = await start(receive.receive())
    send.send_nowait(0)
    assert await taker == 0
    chosen = await start(select(send.on_send("own"), receive.on_receive()))
    sender = await start(send.send("other"))
    receive.request(1)
    assert await chosen == (1, "other")
    await sender
    assert send.statistics().waiting_senders == 0


@pytest.mark.parametrize("sender_first", [True, False])
@virtual
async def test_a_sending_and_a_receiving_select_meet(sender_first):
    """BurntSushi/chan#20: two selects that faced each other on a rendezvous waited for ever."""
    send, receive = open_channel(0)
    operations = [select(send.on_send("x")), select(receive.on_receive())]
    if not sender_first:
        operations.reverse()
    results = await asyncio.gather(*operations)
    assert sorted(results, key=str) == [(0, "x"), (0, None)]


@virtual
async def test_a_select_that_receives_from_a_cancelled_sender_keeps_waiting():
    """Kotlin/kotlinx.coroutines#1588: a sender cancelled at that instant broke the select."""
    send, receive = open_channel(0)
    sender = await start(send.send("gone"))
    sender.cancel()
    chosen = asyncio.create_task(select(receive.on_receive()))
    await idle()
    assert not chosen.done()
    await send.send("here")
    assert await chosen == (0, "here")


@virtual
async def test_a_select_on_a_channel_closed_meanwhile_does_not_hang():
    """Kotlin/kotlinx.coroutines#1445: onSend did not see that its channel was closed."""
    send, receive = open_channel(0)
    chosen = await start(select(send.on_send(1)))
    receive.close()
    with pytest.raises(ClosedResourceError):
        await chosen


@virtual
async def test_what_comes_in_one_instant_is_not_lost():
    """asyncio.wait over two Queue.get may find both done; who then looks at one loses an item."""
    quiet_send, quiet = open_channel(1)
    send, receive = open_channel(1)
    got = []
    for number in range(50):
        chosen = asyncio.create_task(select(quiet.on_receive(), receive.on_receive()))
        await asyncio.sleep(0)
        send.send_nowait(number)
        quiet_send.send_nowait(number + 100)
        got.append((await chosen)[1])
        got.append((await select(quiet.on_receive(), receive.on_receive()))[1])
    assert sorted(got) == [*range(50), *range(100, 150)]


@dataclass(eq=False)
class Actor:
    """A task that tries one select; a plain send or receive is a select with one clause."""

    wishes: list  # (direction, channel, element), numbered in the order in which they are tried
    task: asyncio.Task | None = None
    cancelled: bool = False
    outcome: object = None


class SelectMachine(LoopMachine):
    """Selects over two channels that meet, time out and are cancelled at random."""

    @initialize(capacities=st.lists(st.integers(0, 2), min_size=2, max_size=2), seed=st.integers())
    def open(self, capacities, seed):
        random.seed(seed)
        self.ends = [open_channel(capacity) for capacity in capacities]
        self.numbers = itertools.count()
        self.actors = []
        self.received = [[], []]

    def clause(self, wish):
        direction, index, element = wish
        send, receive = self.ends[index]
        return send.on_send(element) if direction == "send" else receive.on_receive()

    async def run_select(self, actor, timeout, unbiased):
        actor.wishes = [(way, index, next(self.numbers)) for way, index, _ in actor.wishes]
        clauses = [self.clause(wish) for wish in actor.wishes]
        try:
            index, value = await select(*clauses, timeout=timeout, unbiased=unbiased)
        except (EndOfChannel, ClosedResourceError) as error:
            actor.outcome = error
            return
        actor.outcome = index
        if index is not None and actor.wishes[index][0] == "receive":
            self.received[actor.wishes[index][1]].append(value)

    wish = st.tuples(st.sampled_from(["send", "receive"]), st.integers(0, 1), st.none())

    @rule(
        wishes=st.lists(wish, min_size=1, max_size=4),
        timeout=st.none() | st.sampled_from([0, 0.5, 1]),
        unbiased=st.booleans(),
    )
    def some_select(self, wishes, timeout, unbiased):
        actor = Actor(wishes)
        actor.task = self.start(self.run_select(actor, timeout, unbiased))
        self.actors.append(actor)

    @precondition(lambda self: self.actors)
    @rule(data=st.data())
    def cancel_a_task(self, data):
        actor = data.draw(st.sampled_from(self.actors))
        actor.cancelled |= actor.task.cancel()

    @invariant()
    def first_in_first_out_and_each_once(self):
        for received in self.received:
            assert received == sorted(set(received))

    def sent_by(self, actor):
        """Return which of its elements were received; whatever else it offered it still has."""
        offered = {element for direction, _, element in actor.wishes if direction == "send"}
        return offered & {element for received in self.received for element in received}

    @invariant()
    def at_most_one_clause_was_done(self):
        for actor in self.actors:
            if actor.task.cancelled() or not actor.task.done():
                assert len(self.sent_by(actor)) <= 1
            elif isinstance(actor.outcome, int) and actor.wishes[actor.outcome][0] == "send":
                assert self.sent_by(actor) <= {actor.wishes[actor.outcome][2]}
            else:
                assert not self.sent_by(actor)

    @rule()
    def come_to_rest(self):
        """When nothing is left to run, no two selects wait that could meet."""
        self.settle()
        waiting = [actor for actor in self.actors if not actor.task.done()]
        for actor, other in itertools.permutations(waiting, 2):
            receives = {i for direction, i, _ in other.wishes if direction == "receive"}
            assert not receives & {i for direction, i, _ in actor.wishes if direction == "send"}
        for index, (send, _) in enumerate(self.ends):
            now = send.statistics()
            assert now.sent == len(self.received[index]) + now.buffered
            assert not (now.buffered and now.waiting_receivers)
            assert not (now.buffered < now.capacity and now.waiting_senders)
        assert all(actor.task.cancelled() for actor in self.actors if actor.cancelled)

    def end(self):
        """Close everything: every select ends, and every element accepted is received."""
        self.come_to_rest()
        for index, (send, receive) in enumerate(self.ends):
            send.close()
            with contextlib.suppress(WouldBlock, EndOfChannel):
                while True:
                    self.received[index].append(receive.receive_nowait())
            receive.cancel()
        self.finish()
        for send, _ in self.ends:
            now = send.statistics()
            assert (now.sent, now.waiting_senders, now.waiting_receivers) == (now.received, 0, 0)


TestSelectMachine = SelectMachine.TestCase
TestSelectMachine.settings = settings(deadline=None, max_examples=100, stateful_step_count=40)
