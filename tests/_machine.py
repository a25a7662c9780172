"""A Hypothesis state machine that decides when the event loop runs.

Between two rules the loop stands still, so a rule can cancel a task that was just given its turn
and has not run: the instant in which primitives lose things. `tick` lets the loop make one pass,
`settle` lets it run until nothing is ready; timers fire only when a rule moves the time.
"""

from __future__ import annotations

import asyncio
import gc

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from snowshed.testing import VirtualTimeLoop


class LoopMachine(RuleBasedStateMachine):
    _began = False

    def __init__(self):
        super().__init__()
        if not type(self)._began:
            # Garbage of earlier tests must not be collected while Hypothesis parses, see conftest.
            type(self)._began = True
            gc.collect()
        self.loop = VirtualTimeLoop()
        self.tasks = []
        self.failures = []
        self.loop.set_exception_handler(lambda _, details: self.failures.append(details))

    def start(self, coro):
        task = self.loop.create_task(coro)
        self.tasks.append(task)
        return task

    @rule(passes=st.integers(1, 3))
    def tick(self, passes):
        for _ in range(passes):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()

    @rule(seconds=st.sampled_from([0.5, 1, 3]))
    def time_passes(self, seconds):
        """Run to the given time; timers on the way fire in order."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def settle(self):
        """Run until a whole pass does nothing; the clock stands still."""
        while self.loop._ready:
            self.tick(1)

    def finish(self):
        """Run to the end; if somebody waits for ever, the virtual loop says so."""

        async def everybody():
            await asyncio.gather(*self.tasks, return_exceptions=True)

        self.loop.run_until_complete(everybody())
        self.settle()
        assert not asyncio.all_tasks(self.loop)
        assert not self.failures, self.failures

    def end(self):
        """Let everybody go, `finish`, and compare the books: the machine's last rule."""
        raise NotImplementedError

    def teardown(self):
        try:
            self.end()
        finally:
            self.loop.close()
