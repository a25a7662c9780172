"""The application's own answer to a rule: a function that is called when it enters and leaves.

It is a guest in the evaluation as we are in the service: it may fail, hang or be slow, and the
rules go on. It never runs twice at once. What happens while it runs waits, and of what waits only
the last is told: a rule that has entered and left again meanwhile has left.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from snowshed.shed._rules._event import RuleEvent
from snowshed.shed._rules._threads import DaemonThreads

__all__ = ["HOOKS", "Hook", "HookRunner", "HookStatistics", "rule_hook"]

Hook: TypeAlias = Callable[[RuleEvent], Awaitable[object] | object]
F = TypeVar("F", bound=Callable[[RuleEvent], Any])
logger = logging.getLogger("snowshed.rules")
HOOKS: dict[str, Hook] = {}
"""Those of this process, by name."""
TIMEOUT = 5.0
LAST_WORDS = 2.0
_THREADS = DaemonThreads("snowshed-rule-hook")


def rule_hook(name: str) -> Callable[[F], F]:
    """Call the function when a rule with ``action = { hook = "name" }`` enters and leaves.

    ::

        @rule_hook("last-good")
        async def last_good(event: RuleEvent) -> None:
            cache.serve_stale = event.event == "enter"

    A coroutine function runs on the event loop, any other in a thread. It has 5 seconds; what it
    raises is logged and counted. It never overlaps itself, and is not called for rules in dry-run.

    Args:
        name: as rules say it; the last function with a name is the one that is called.

    Raises:
        ValueError: the name is empty.
    """
    if not name:
        msg = f"a hook needs a name that rules can say, not {name!r}"
        raise ValueError(msg)

    def register(function: F) -> F:
        HOOKS[name] = function
        return function

    return register


@dataclass(frozen=True, slots=True)
class HookStatistics:
    """What became of the calls of hooks.

    Attributes:
        called: calls that were begun.
        failed: calls that raised.
        timed_out: calls that were not over in time.
        replaced: events that were not told because a later one of the same hook was waiting too.
        missing: events for which no function was registered.
    """

    called: int
    failed: int
    timed_out: int
    replaced: int
    missing: int


class HookRunner:
    """Calls hooks, one call of each at a time.

    Args:
        hooks: functions by name.
        timeout: seconds that a call may take.
    """

    def __init__(self, hooks: dict[str, Hook], *, timeout: float = TIMEOUT) -> None:
        self._hooks = hooks
        self._timeout = timeout
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, RuleEvent] = {}
        self._threads: dict[str, asyncio.Future[object]] = {}
        self._told_missing: set[str] = set()
        self._called = self._failed = self._timed_out = self._replaced = self._missing = 0

    def fire(self, name: str, event: RuleEvent) -> None:
        """Call the hook ``name`` soon, in a task of the running loop."""
        if name not in self._hooks:
            self._missing += 1
            if name not in self._told_missing:
                self._told_missing.add(name)
                logger.warning("hook %r does nothing: no function has @rule_hook(%r)", name, name)
            return
        if name in self._waiting:
            self._replaced += 1
        self._waiting[name] = event
        self._begin(name)

    def _begin(self, name: str) -> None:
        if name not in self._tasks:
            self._tasks[name] = asyncio.get_running_loop().create_task(
                self._serve(name), name=f"snowshed-rule-hook-{name}"
            )

    def statistics(self) -> HookStatistics:
        """Return what happened so far."""
        return HookStatistics(
            called=self._called,
            failed=self._failed,
            timed_out=self._timed_out,
            replaced=self._replaced,
            missing=self._missing,
        )

    async def drain(self) -> None:
        """Wait until every hook has heard the last event, 2 seconds at most."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LAST_WORDS
        while (self._tasks or self._waiting) and loop.time() < end:
            # A loop that ends cancels all tasks, those of hooks too: what still waits begins anew.
            for name in self._waiting:
                self._begin(name)
            await asyncio.wait(self._tasks.values(), timeout=end - loop.time())

    async def aclose(self) -> None:
        """Cancel the calls that run and wait for their end; threads cannot be ended."""
        tasks = list(self._tasks.values())
        self._waiting.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, name: str) -> None:
        try:
            while name in self._waiting:
                await self._call(name, self._waiting.pop(name))
        finally:
            self._tasks.pop(name, None)

    async def _call(self, name: str, event: RuleEvent) -> None:
        self._called += 1
        hook = self._hooks[name]
        try:
            if inspect.iscoroutinefunction(hook):
                await self._on_loop(name, hook(event))
            else:
                await self._in_thread(name, hook, event)
        except Exception:
            self._failed += 1
            logger.exception("hook %r failed (%s)", name, event)

    async def _on_loop(self, name: str, call: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout(self._timeout) as limit:
                await call
        except TimeoutError:
            if not limit.expired():
                raise
            self._late(name)

    async def _in_thread(self, name: str, hook: Hook, event: RuleEvent) -> None:
        before = self._threads.get(name)
        if before is not None and not before.done():  # its call was cancelled, the thread was not
            await asyncio.wait([before])
        work = asyncio.get_running_loop().run_in_executor(_THREADS, hook, event)
        self._threads[name] = work
        done, _ = await asyncio.wait([work], timeout=self._timeout)
        if not done:
            self._late(name)
        # A thread cannot be ended, and must not be joined by a second one.
        await asyncio.wait([work])
        work.result()

    def _late(self, name: str) -> None:
        self._timed_out += 1
        logger.error("hook %r was not over after %.1f s", name, self._timeout)
