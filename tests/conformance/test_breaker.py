"""What every circuit breaker must survive: the bugs that others had, and hours of random use.

Bugs that need only the state machine are in `tests/shed/test_circuit.py`; those that need tasks,
permits and deadlines are here and in `tests/shed/test_breaker.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, invariant, precondition, rule

from _machine import LoopMachine
from snowshed import open_scope
from snowshed.core import _clock
from snowshed.errors import CircuitOpen, DeadlineExceeded
from snowshed.shed import CircuitBreaker, Permit
from snowshed.testing import run_virtual


def quick(**changed):
    figures = {"last_calls": 6, "minimum_calls": 3, "open_for": 4.0, "jitter": 0.0, "probes": 3}
    return CircuitBreaker("db", **(figures | changed))


async def use(breaker, takes=0.0, error=None):
    async with breaker:
        await asyncio.sleep(takes)
        if error is not None:
            raise error


async def break_it(breaker):
    while breaker.state == "closed":
        with contextlib.suppress(OSError):
            await use(breaker, error=OSError())


def test_a_crowd_that_waits_for_the_end_of_the_open_state_does_not_stampede():
    """App-vNext/Polly#216, AirMCP#249: all that came in the same instant went through."""

    async def main():
        breaker = quick()
        await break_it(breaker)
        await asyncio.sleep(4)
        crowd = await asyncio.gather(
            *(use(breaker, 1.0) for _ in range(1000)), return_exceptions=True
        )
        assert sum(end is None for end in crowd) == 3
        assert sum(isinstance(end, CircuitOpen) for end in crowd) == 997

    run_virtual(main())


def test_a_downstream_that_hangs_gets_a_bounded_number_of_probes():
    """An expired probe that only gave its place back would let hung calls pile up for ever."""

    async def main():
        breaker = quick(probe_timeout=1.0, backoff=2.0, max_open_for=16.0)
        await break_it(breaker)
        hung = []
        for _ in range(3000):
            hung.append(asyncio.create_task(use(breaker, 10**6)))
            await asyncio.sleep(0.1)
        went_through = breaker.statistics().admitted - 3
        assert went_through <= 3 * (300 / 16 + 4)
        for task in hung:
            task.cancel()
        await asyncio.gather(*hung, return_exceptions=True)

    run_virtual(main())


def test_a_task_that_is_cancelled_before_its_first_step_holds_no_place():
    async def main():
        breaker = quick(probes=1)
        await break_it(breaker)
        await asyncio.sleep(4)
        task = asyncio.create_task(use(breaker))
        task.cancel()
        await asyncio.wait([task])
        await use(breaker)
        assert breaker.state == "closed"

    run_virtual(main())


def test_a_listener_that_admits_takes_a_place_and_not_one_more():
    async def main():
        breaker = quick(probes=1)
        taken = []

        @breaker.on_transition
        def probe_at_once(transition):
            if transition.after == "half_open":
                taken.append(breaker.admit())

        await break_it(breaker)
        await asyncio.sleep(4)
        with contextlib.suppress(CircuitOpen):
            taken.append(breaker.admit())
        assert len(taken) == 1

    run_virtual(main())


LEGAL = {
    ("closed", "open"),
    ("open", "half_open"),
    ("half_open", "open"),
    ("half_open", "closed"),
}


@dataclass(eq=False)
class Call:
    generation: int
    started: float
    probe: bool
    permit: Permit | None = None
    gate: asyncio.Future = field(default=None)
    task: asyncio.Task | None = None


class BreakerMachine(LoopMachine):
    """Calls that end well, badly, late or never, permits that are dropped, hands that meddle."""

    calls = Bundle("calls")
    permits = Bundle("permits")
    PROBES, LAST, SLOW, PROBE_TIMEOUT, MAX_OPEN = 3, 6, 1.0, 5.0, 8.0

    def __init__(self):
        super().__init__()
        self.clock = contextlib.ExitStack()
        self.clock.enter_context(_clock.reading(self.loop.time))
        self.breaker = quick(
            slow_call_duration=self.SLOW,
            slow_call_rate=0.8,
            backoff=2.0,
            max_open_for=self.MAX_OPEN,
            probe_timeout=self.PROBE_TIMEOUT,
        )
        self.generation = 0
        self.state = "closed"
        self.changes = []
        self.refusals = []
        self.window = []
        self.admitted = self.refused = self.ended = 0
        self.probes = 0  # of this generation, without those that came back unanswered
        self.breaker.on_transition(self.changed)

    def changed(self, transition):
        self.changes.append((self.state, transition))
        self.state = transition.after
        self.forget()

    def forget(self):
        self.generation += 1
        self.window.clear()
        self.probes = 0

    def look(self):
        """Have time do to the breaker what it showed already without having it done."""
        shown = self.breaker.statistics()
        assert self.breaker.state == shown.state
        assert self.breaker.statistics() == shown
        return shown

    def admit(self):
        """Admit a call as far as the state allows, and check that it allows just that."""
        before = self.breaker.statistics()
        free = before.calls + before.probes_out < self.PROBES
        allowed = before.state in {"closed", "disabled"} or (before.state == "half_open" and free)
        try:
            permit = self.breaker.admit()
        except CircuitOpen as refusal:
            self.refused += 1
            self.refusals.append((allowed, refusal.retry_after))
            return None
        assert allowed
        assert permit.probe is (before.state == "half_open")
        self.admitted += 1
        self.probes += permit.probe
        return Call(self.generation, self.loop.time(), permit.probe, permit)

    def settling(self, call, how):
        """Let ``how`` end the call, and note what the breaker must have noted."""
        assert call.permit is not None
        generation, ignored = self.generation, self.breaker.statistics().ignored
        took = self.loop.time() - call.started
        failed = how(call.permit)
        call.permit = None
        self.ended += 1
        was_ignored = self.breaker.statistics().ignored > ignored
        if not generation == self.generation == call.generation:
            return
        if was_ignored:
            self.probes -= call.probe and took < self.PROBE_TIMEOUT
        elif self.state == "closed":
            self.window = [*self.window, (failed, took > self.SLOW)][-self.LAST :]

    @rule(target=calls, fails=st.booleans(), timeout=st.none() | st.sampled_from([0.5, 1, 3]))
    def call(self, fails, timeout):
        gate = self.loop.create_future()
        box = []
        task = self.start(self.use(gate, box, fails, timeout))
        return gate, task, box

    async def use(self, gate, box, fails, timeout):
        call = self.admit()
        if call is None:
            return
        box.append(call)
        error = None
        try:
            with contextlib.suppress(DeadlineExceeded):
                async with open_scope("call", timeout=timeout):
                    try:
                        await gate
                        error = OSError() if fails else None
                    except BaseException as raised:
                        error = raised
                        raise
                    finally:
                        self.settling(call, lambda permit: self.tell(permit, error))
        finally:
            box.clear()

    @staticmethod
    def tell(permit, error):
        permit.end(error)
        return error is not None

    @rule(call=calls)
    def answer(self, call):
        if not call[0].done():
            call[0].set_result(None)

    @rule(call=calls)
    def cancel(self, call):
        call[1].cancel()

    @rule(target=permits)
    def take(self):
        return self.admit()

    @rule(call=consumes(permits), how=st.sampled_from(["succeed", "fail", "ignore", "drop"]))
    def end_permit(self, call, how):
        if call is None:
            return
        if how == "drop":
            permits, call.permit = [call.permit], "dropped"
            self.settling(call, lambda _: permits.clear())
        else:
            self.settling(call, lambda permit: getattr(permit, how)() or how == "fail")

    @rule(times=st.integers(1, 6), fails=st.booleans())
    def call_at_once(self, times, fails):
        for _ in range(times):
            call = self.admit()
            if call is not None:
                self.settling(call, lambda permit: self.tell(permit, OSError() if fails else None))

    @rule(hand=st.sampled_from(["force_open", "disable", "reset", "reset"]))
    def meddle(self, hand):
        before = self.generation
        getattr(self.breaker, hand)()
        if before == self.generation:
            self.forget()  # to the same state: nobody is told, but what was counted is forgotten

    @rule(seconds=st.sampled_from([4, 5, 8, 13]))
    def long_time_passes(self, seconds):
        self.time_passes(seconds)

    @invariant()
    def only_what_is_not_allowed_is_refused(self):
        for allowed, retry_after in self.refusals:
            assert not allowed
            assert 0 <= retry_after <= self.MAX_OPEN
        self.refusals.clear()

    @invariant()
    def it_goes_from_state_to_state_as_it_should(self):
        for state, change in self.changes:
            assert change.before == state
            by_itself = (change.before, change.after) in LEGAL
            assert by_itself or change.why.startswith(("forced open", "disabled", "closed by hand"))
        self.changes.clear()

    @invariant()
    def the_books_agree(self):
        now = self.look()
        assert now.state == self.state
        assert (now.admitted, now.refused) == (self.admitted, self.refused)
        assert 0 <= now.calls <= self.LAST
        if now.state == "closed":
            failed = sum(failed for failed, _ in self.window)
            slow = sum(slow for _, slow in self.window)
            assert (now.calls, now.failed, now.slow) == (len(self.window), failed, slow)

    @invariant()
    def never_more_probes_than_allowed(self):
        now = self.look()
        assert self.probes <= self.PROBES
        if now.state == "half_open":
            assert now.calls + now.probes_out == self.probes
        else:
            assert now.probes_out == 0

    @precondition(lambda self: self.state != "forced_open")
    @rule()
    def it_is_never_locked_out(self):
        """Whatever happened: after the longest open state, with no answer to any probe, it asks."""
        self.time_passes(self.PROBE_TIMEOUT + self.MAX_OPEN)
        call = self.admit()
        assert call is not None
        self.settling(call, lambda permit: permit.ignore())

    def end(self):
        if self.breaker.state == "forced_open":
            self.breaker.reset()
        for _ in range(self.PROBES + 1):
            self.time_passes(self.PROBE_TIMEOUT + self.MAX_OPEN)
            self.call_at_once(self.PROBES, fails=False)
        assert self.breaker.state in {"closed", "disabled"}
        for task in self.tasks:
            task.cancel()
        self.finish()

    def teardown(self):
        try:
            super().teardown()
        finally:
            self.clock.close()


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(deadline=None, max_examples=100, stateful_step_count=40)
