"""A loop in its thread, and a sampler of its tasks in virtual time."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

from observe._loops import LoopThread
from snowshed.model import Frame, Profile
from snowshed.observe._sampler._sampler import Sampler
from snowshed.observe._settings import Settings
from snowshed.observe._snapshot._tasks import scheduled_tasks

if TYPE_CHECKING:
    from snowshed.observe._sampler._export import Window
    from snowshed.observe._snapshot._provenance import Origin

MADE = Frame("main", "shop.py", 3)


class Known:
    """Knows of every task of a loop that it is the user's, and for which request."""

    def __init__(self, thread: LoopThread) -> None:
        self._thread = thread

    def of(self, task: asyncio.Task[Any]) -> Origin | None:
        # Those of other tests' loops are none of ours.
        owner = "user" if task.get_loop() is self._thread.loop else "driver"
        return (MADE, owner, "GET /prices", "", None)


class Scene:
    """A loop in its thread, and a sampler in virtual time."""

    def __init__(self, kind: str = "asyncio", **settings: Any) -> None:
        self.thread = LoopThread(kind)
        self.now = 1000.0
        self.windows: list[Window] = []
        # Tasks that other tests have left would be drawn as well, and make chances others.
        self._of_others = list(scheduled_tasks())
        known = set(map(id, self._of_others))
        self.sampler = Sampler(
            Settings(**({"probability": 1.0} | settings)),
            provenance=Known(self.thread),
            live=lambda: {MADE: 7},
            source=lambda: [each for each in scheduled_tasks() if id(each) not in known],
            sink=self.windows.append,
            is_users=lambda frame: "/test_" in frame.f_code.co_filename,
            clock=lambda: self.now,
            wall=lambda: self.now,
            rng=random.Random(1),
        )

    def __enter__(self) -> Scene:
        self.thread.__enter__()
        self.thread.call(lambda: self.sampler.watch(self.thread.loop))
        return self

    def __exit__(self, *_: object) -> None:
        self.sampler.close()
        self.thread.__exit__()

    def look(self, count: int = 1) -> None:
        for _ in range(count):
            self.now += 0.02
            self.sampler.poll(self.now)


def states(profile: Profile) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for sample in profile.samples:
        labels = dict(sample.labels)
        if labels.get("kind") != "thread":
            found[str(labels["state"])] = sample.values
    return found
