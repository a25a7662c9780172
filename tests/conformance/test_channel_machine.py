"""Hours of random use: every element is somewhere, in order, and nobody waits in vain."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from dataclasses import dataclass
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from _machine import LoopMachine
from snowshed.core._channel import _state, open_channel
from snowshed.errors import ClosedResourceError, EndOfChannel, WouldBlock


class Broken(Exception):
    """The cause with which a sender closes."""


WHICH = range(10)  # of the handles, or of the tasks
COUNT = range(1, 5)
TIMEOUT = [None, None, 0, 0.5, 1]
ARRIVALS = {
    "arrive_to_send": (WHICH, COUNT, TIMEOUT),
    "arrive_to_receive": (WHICH, COUNT, TIMEOUT, ["receive", "__anext__"]),
}
EVENTS = {
    **ARRIVALS,
    "send_at_once": (WHICH,),
    "receive_at_once": (WHICH,),
    "cancel": (WHICH,),
    "request": ([1, 2, 5, float("inf")],),
    "clone": (["senders", "receivers"],),
}
ENDS = {"close_a_sender": (WHICH, [None, Broken()]), "close_a_receiver": (WHICH,), "refuse": ()}


def event(kinds):
    arguments = {name: map(st.sampled_from, values) for name, values in kinds.items()}
    return st.one_of(*(st.tuples(st.just(name), *drawn) for name, drawn in arguments.items()))


@dataclass(eq=False)
class Actor:
    task: asyncio.Task
    cancelled: bool = False


class ChannelMachine(LoopMachine):
    """Senders and receivers that come, wait, give up, are cancelled, close and refuse.

    Elements are numbers in the order in which their sends are tried, so first-in-first-out means
    that what is delivered only grows. It holds while nobody rests for the sake of fairness.
    """

    stretch = 1_000_000

    def __init__(self):
        super().__init__()
        self.patch = mock.patch.object(_state, "STRETCH", self.stretch)
        self.patch.start()

    def teardown(self):
        self.patch.stop()
        super().teardown()

    @initialize(
        capacity=st.integers(0, 3),
        overflow=st.sampled_from(["suspend", "suspend", "drop_oldest", "drop_latest"]),
        may_request=st.booleans(),
        may_end_early=st.sampled_from([False, False, True]),
        events=st.lists(event(ARRIVALS), max_size=8),
    )
    def open(self, capacity, overflow, may_request, may_end_early, events):
        self.lost, self.delivered, self.tried, self.actors = [], [], [], []
        self.capacity = capacity
        self.overflow = overflow if capacity else "suspend"
        self.may_request, self.may_end_early = may_request, may_end_early
        send, receive = open_channel(
            capacity, overflow=self.overflow, on_undelivered=self.lost.append
        )
        self.senders, self.receivers = [send], [receive]
        self.numbers = itertools.count()
        self.sent_by = []  # the elements of each sending task
        self.requested = None
        self.gave_up = 0  # receivers, each of which may have given an element back
        self.happen(events, 1)

    @staticmethod
    def pick(some, which):
        return some[which % len(some)]

    def now(self):
        return self.senders[0].statistics()

    async def send(self, handle, count, timeout):
        sent = []
        self.sent_by.append(sent)
        with contextlib.suppress(TimeoutError, ClosedResourceError):
            async with asyncio.timeout(timeout):
                for _ in range(count):
                    element = next(self.numbers)
                    self.tried.append(element)
                    sent.append(element)
                    await handle.send(element)

    async def receive(self, take, count, timeout):
        try:
            async with asyncio.timeout(timeout):
                for _ in range(count):
                    self.delivered.append(await take())
        except TimeoutError:
            self.gave_up += 1
        except asyncio.CancelledError:
            self.gave_up += 1
            raise
        except ClosedResourceError:
            pass
        except (EndOfChannel, StopAsyncIteration, Broken):
            now = self.now()
            assert now.closed
            assert not now.buffered

    def happen(self, events, passes):
        for name, *arguments in events:
            getattr(self, name)(*arguments)
        self.tick(passes)

    # One rule for nearly everything: Hypothesis leaves out some rules in each run, and without
    # senders or without receivers a run would be wasted.
    @rule(events=st.lists(event(EVENTS), min_size=1, max_size=8), passes=st.integers(0, 2))
    def something_happens_before_the_loop_runs(self, events, passes):
        self.happen(events, passes)

    @precondition(lambda self: self.may_end_early)
    @rule(event=event(ENDS))
    def somebody_ends_it(self, event):
        self.happen([event], 0)

    def arrive_to_send(self, which, count, timeout):
        handle = self.pick(self.senders, which)
        self.actors.append(Actor(self.start(self.send(handle, count, timeout))))

    def arrive_to_receive(self, which, count, timeout, method):
        take = getattr(self.pick(self.receivers, which), method)
        self.actors.append(Actor(self.start(self.receive(take, count, timeout))))

    def cancel(self, which):
        if self.actors:
            actor = self.pick(self.actors, -1 - which)
            actor.cancelled |= actor.task.cancel()

    def send_at_once(self, which):
        element, before = next(self.numbers), self.now()
        try:
            self.pick(self.senders, which).send_nowait(element)
        except WouldBlock:
            assert self.overflow == "suspend"
        except ClosedResourceError:
            pass
        else:
            self.tried.append(element)
            assert not before.waiting_senders, "nobody is overtaken"

    def receive_at_once(self, which):
        with contextlib.suppress(WouldBlock, EndOfChannel, ClosedResourceError, Broken):
            self.delivered.append(self.pick(self.receivers, which).receive_nowait())

    def request(self, n):
        now = self.now()
        if not self.may_request or not now.open_receivers:
            return
        if self.requested is None:
            self.requested, self.base, self.before = 0, now.received, now.buffered
        self.receivers[-1].request(n)
        self.requested += n

    def clone(self, side):
        handles = getattr(self, side)
        with contextlib.suppress(ClosedResourceError):
            handles.append(handles[-1].clone())

    def close_a_sender(self, which, cause):
        self.pick(self.senders, which).close(cause)

    def close_a_receiver(self, which):
        self.pick(self.receivers, which).close()

    def refuse(self):
        self.receivers[-1].cancel()

    @invariant()
    def first_in_first_out(self):
        assert self.delivered == sorted(self.delivered)

    @invariant()
    def each_element_once(self):
        assert len(set(self.delivered)) == len(self.delivered)
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


class TiredChannelMachine(ChannelMachine):
    """The same, with a rest before every second operation; a sender that rests may be overtaken."""

    stretch = 1

    @invariant()
    def first_in_first_out(self):
        """Hold for each sender alone."""
        for sent in self.sent_by:
            received = [element for element in self.delivered if element in sent]
            assert received == sorted(received)


TestChannelMachine = ChannelMachine.TestCase
TestTiredChannelMachine = TiredChannelMachine.TestCase
FEW = settings(deadline=None, max_examples=50, stateful_step_count=50)
TestChannelMachine.settings = TestTiredChannelMachine.settings = FEW


def random_event(rnd, kinds):
    name = rnd.choice(list(kinds))
    return name, *map(rnd.choice, kinds[name])


def run_at_random(machine, rnd):
    machine.open(
        capacity=rnd.randrange(4),
        overflow=rnd.choice(["suspend", "suspend", "drop_oldest", "drop_latest"]),
        may_request=rnd.random() < 0.4,
        may_end_early=rnd.random() < 0.4,
        events=[],
    )
    for _ in range(rnd.randrange(50)):
        machine.happen([random_event(rnd, EVENTS) for _ in range(rnd.randint(1, 6))], 0)
        rnd.choice(
            [machine.come_to_rest, lambda: machine.time_passes(0.5), lambda: machine.tick(1)]
        )()
        if machine.may_end_early and rnd.random() < 0.05:
            machine.happen([random_event(rnd, ENDS)], 0)
        machine.first_in_first_out()
        machine.each_element_once()
        machine.the_counters_are_true()
        machine.nothing_is_accepted_beyond_the_demand()


@pytest.mark.parametrize("kind", [ChannelMachine, TiredChannelMachine])
def test_many_long_runs(kind):
    """Hypothesis finds the smallest fault, plain chance finds one sooner."""
    for _ in range(400):
        seed = random.SystemRandom().getrandbits(32)
        machine = kind()
        try:
            run_at_random(machine, random.Random(seed))
            machine.end()
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
        finally:
            machine.patch.stop()
            machine.loop.close()
