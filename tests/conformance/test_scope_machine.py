"""What every scope must survive: hours of random use."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from _machine import LoopMachine
from _virtual import fail, forever, passes, stubborn
from snowshed.core import open_scope
from snowshed.core._service import service_scope
from snowshed.errors import SnowshedError


class Boom(Exception):
    """What fails, fails with this."""


@dataclass(eq=False)
class Host:
    """A task that obeys commands, some of which open scopes and some of which leave them."""

    machine: ScopeMachine
    parent: object = None
    task: asyncio.Task | None = None
    cancels: int = 0
    open: list = field(default_factory=list)
    inbox: list = field(default_factory=list)
    bell: asyncio.Future | None = None

    def tell(self, commands):
        self.inbox += commands
        if self.bell is not None and not self.bell.done():
            self.bell.set_result(None)

    async def run(self, config):
        self.task = asyncio.current_task()
        try:
            await self.obey_in(config)
        except (Boom, SnowshedError):
            pass
        except asyncio.CancelledError:
            assert self.cancels or (self.parent is not None and self.parent.reason)
        if self.parent is None:
            assert self.task.cancelling() == self.cancels, "a cancellation was lost or is too many"
            cancels = self.cancels
            try:
                await passes(2)
            except asyncio.CancelledError:
                assert self.cancels > cancels, "a cancellation surfaced after the block"

    async def obey_in(self, config):
        scope = open_scope("x", **config)
        try:
            async with scope:
                self.open.append(scope)
                self.machine.scopes.append(scope)
                await self.obey(scope)
        finally:
            if scope in self.open:
                self.open.remove(scope)

    async def obey(self, scope):
        while True:
            while not self.inbox:
                self.bell = asyncio.get_running_loop().create_future()
                await self.bell
            command, *arguments = self.inbox.pop(0)
            if command == "leave":
                return
            if command == "open":
                await self.obey_in(*arguments)
            else:
                with contextlib.suppress(SnowshedError):
                    await getattr(self, command)(scope, *arguments)

    async def spawn(self, scope, kind, seconds, timeout):
        await scope.spawn(kind, scope, seconds, timeout=timeout)

    async def become_parent(self, scope, config):
        child = Host(self.machine, scope)
        self.machine.hosts.append(child)
        await scope.spawn(child.run, config)

    async def map(self, scope, items, limit, stop):
        async def source():
            for item in range(items):
                await asyncio.sleep(0.1)
                yield item

        async def work(item):
            await asyncio.sleep(item % 3)

        numbers = source() if items % 2 else range(items)
        async for _ in scope.map(work, numbers, limit=limit, ordered=items % 3 == 0):
            stop -= 1
            if stop < 0:
                break

    async def detach(self, scope, fails):
        scope.detach(fail, Boom(), 1) if fails else scope.detach(asyncio.sleep, 2)

    async def swallow(self, scope, seconds):
        await stubborn(seconds)

    async def raise_error(self, scope):
        raise Boom

    async def give_up(self, scope):
        scope.cancel("the host gave up")


async def sleeper(scope, seconds):
    await asyncio.sleep(seconds)


async def failing(scope, seconds):
    await asyncio.sleep(seconds)
    raise Boom


async def slow_to_end(scope, seconds):
    await stubborn(seconds)


async def failing_in_clean_up(scope, seconds):
    try:
        await forever()
    finally:
        await asyncio.sleep(seconds)
        raise Boom


async def ending(scope, seconds):
    await asyncio.sleep(seconds)
    scope.cancel("a child said so")


async def fanning_out(scope, seconds):
    for _ in range(3):
        with contextlib.suppress(SnowshedError):
            await scope.spawn(sleeper, scope, seconds, timeout=2)


async def unending(scope, seconds):
    await forever()


async def close_service():
    await service_scope().aclose()


KINDS = [sleeper, failing, slow_to_end, failing_in_clean_up, ending, fanning_out, unending]
SECONDS = st.sampled_from([0, 0.5, 1, 2])
CONFIG = st.fixed_dictionaries(
    {
        "budget": st.sampled_from([1, 3, 10, None]),
        "limit": st.sampled_from([None, 1, 2, 5]),
        "timeout": st.sampled_from([None, None, None, 2, 5]),
        "reserve": st.sampled_from([0, 0.5]),
    }
)
SPAWN = st.tuples(st.just("spawn"), st.sampled_from(KINDS), SECONDS, st.sampled_from([None, 1]))
COMMAND = st.one_of(
    SPAWN,
    SPAWN,
    st.tuples(st.just("open"), CONFIG),
    st.tuples(st.just("become_parent"), CONFIG),
    st.tuples(st.just("map"), st.integers(0, 9), st.integers(1, 4), st.integers(0, 12)),
    st.tuples(st.just("detach"), st.booleans()),
    st.tuples(st.just("swallow"), SECONDS),
    st.sampled_from([("leave",), ("raise_error",), ("give_up",)]),
)


class ScopeMachine(LoopMachine):
    """Hosts that open scopes in scopes, start, fail, wait, give up and are cancelled."""

    def __init__(self):
        super().__init__()
        self.hosts, self.scopes, self.strangers = [], [], []
        self.seen = {}

    def pick(self, data, what):
        """Choose one, rather a young one: the old have mostly ended."""
        return data.draw(st.sampled_from(what[-3:] + what[-8:]))

    @rule(config=CONFIG, commands=st.lists(COMMAND, max_size=6), passes=st.integers(1, 10))
    def begin(self, config, commands, passes):
        host = Host(self)
        self.hosts.append(host)
        host.task = self.start(host.run(config))
        host.inbox += commands
        self.tick(passes)

    @precondition(lambda self: self.hosts)
    @rule(data=st.data(), commands=st.lists(COMMAND, min_size=1), passes=st.integers(0, 10))
    def tell(self, data, commands, passes):
        self.pick(data, self.hosts).tell(commands)
        self.tick(passes)

    @precondition(lambda self: self.scopes)
    @rule(data=st.data(), kind=st.sampled_from(KINDS), seconds=SECONDS)
    def spawn_at_once(self, data, kind, seconds):
        scope = self.pick(data, self.scopes)
        with contextlib.suppress(SnowshedError):
            scope.spawn_nowait(kind, scope, seconds)

    @precondition(lambda self: self.scopes)
    @rule(data=st.data(), kind=st.sampled_from(KINDS), seconds=SECONDS)
    def spawn_by_a_stranger(self, data, kind, seconds):
        async def stranger(scope):
            with contextlib.suppress(SnowshedError):
                await scope.spawn(kind, scope, seconds)

        self.strangers.append(self.start(stranger(self.pick(data, self.scopes))))

    @precondition(lambda self: self.scopes)
    @rule(data=st.data())
    def end_a_scope(self, data):
        self.pick(data, self.scopes).cancel("somebody said so")

    @precondition(lambda self: self.hosts)
    @rule(data=st.data())
    def cancel_a_host(self, data):
        host = self.pick(data, self.hosts)
        if host.task is not None and host.task.cancel():
            host.cancels += 1

    @precondition(lambda self: self.strangers)
    @rule(data=st.data())
    def cancel_a_stranger(self, data):
        self.pick(data, self.strangers).cancel()

    def below(self, scope):
        """Return the scope and the open ones inside it."""
        lineages = ((inner, inner._budget.lineage()) for inner in self.scopes)
        return [inner for inner, lineage in lineages if scope._budget in lineage]

    @invariant()
    def live_tasks_are_counted_exactly_and_never_over_the_budget(self):
        for scope in self.scopes:
            live = sum(not task.done() for s in self.below(scope) for task in s._children)
            assert len(scope._budget.live) >= live
            limit = scope.statistics().budget
            assert limit is None or live <= limit
            assert limit is None or scope.statistics().peak <= limit

    @invariant()
    def a_closed_scope_has_no_task_and_all_its_places(self):
        for scope in tuple(self.scopes):
            tasks = self.seen.setdefault(scope, set())
            tasks |= scope._children
            if scope._state == "closed":
                assert all(task.done() for task in tasks)
                assert scope._places is None or scope._places.available == scope._limit
                self.scopes.remove(scope)

    @rule()
    def come_to_rest(self):
        self.settle()
        for scope in self.scopes:
            live = sum(len(inner._children) for inner in self.below(scope))
            assert scope.statistics().live == live
            if scope._places is not None:
                assert scope._places.statistics().held <= len(scope._children)

    def end(self):
        """End every scope, then every host; nobody hangs, and nobody is left."""
        for scope in self.scopes:
            scope.cancel("the end")
        for _ in range(30):
            self.loop.run_until_complete(asyncio.sleep(10))
            for host in self.hosts:
                host.inbox.clear()
                if host.task is not None and host.task.cancel():
                    host.cancels += 1
        self.loop.run_until_complete(close_service())
        self.finish()
        self.come_to_rest()
        self.a_closed_scope_has_no_task_and_all_its_places()
        assert not self.scopes
        for task in self.tasks:
            assert task.cancelled() or task.exception() is None, task.exception()


TestScopeMachine = ScopeMachine.TestCase
TestScopeMachine.settings = settings(deadline=None, max_examples=60, stateful_step_count=40)
