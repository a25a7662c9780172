"""A meter whose requests fail as a test wants, and a runner of rules beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from snowshed.core import _clock
from snowshed.shed._effects import set_effects
from snowshed.shed._rules._hooks import HOOKS

if TYPE_CHECKING:
    from snowshed.shed._meter import Meter
    from snowshed.shed._rules import RuleEvent, RuleRunner

RULES = """
mode = "enforce"
[features]
non-core = ["reviews"]
[[rules]]
name = "errors"
when = "error_rate > 15%"
for = "3s"
min_dwell = "5s"
scope = "cluster"
action = { degrade = ["non-core"], hook = "test-runner" }
"""


@contextmanager
def clean_slate() -> Iterator[list[RuleEvent]]:
    """No effects before and after; yields what the hook of the rules is told."""
    told: list[RuleEvent] = []

    async def hook(event: RuleEvent) -> None:
        told.append(event)

    HOOKS["test-runner"] = hook
    set_effects(None)
    yield told
    set_effects(None)
    HOOKS.pop("test-runner", None)


def fail(meter: Meter, now: float, share: float = 0.5, n: int = 40) -> None:
    for i in range(n):
        meter.admitted("/", now)
        meter.finished("/", now, 0.1, i < share * n)


def kinds(runner: RuleRunner) -> list[tuple[str, str]]:
    return [(event.event, event.rule or event.why) for event in runner.events]


async def live(
    runner: RuleRunner, meter: Meter, seconds: int, share: Callable[[int], float]
) -> None:
    """Run the rules while requests fail as ``share(second)`` says."""
    task = asyncio.create_task(runner.run())
    for second in range(seconds):
        fail(meter, _clock.now(), share(second))
        await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
