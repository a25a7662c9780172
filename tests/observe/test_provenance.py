from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from observe._looking import for_ever, inline, of, started
from snowshed.model import Frame
from snowshed.observe._snapshot._snapshot import Describe

if TYPE_CHECKING:
    from snowshed.observe._snapshot._provenance import Origin


class Told:
    def __init__(self, origin: Origin | None) -> None:
        self.origin = origin

    def of(self, task: asyncio.Task[Any]) -> Origin | None:
        return self.origin


def test_what_is_told_of_a_task_is_shown() -> None:
    line = Frame("handler", "app.py", 3)

    async def main() -> None:
        told = Told((line, "driver", "GET /", "request", 1.5))
        async with started(for_ever()) as (task,):
            found = of(task, inline(Describe(told, threads=False)))
            assert found.created_at is line
            assert (found.owner, found.request) == ("driver", "GET /")
            assert (found.scope, found.age) == ("request", 1.5)

    asyncio.run(main())


def test_a_task_of_which_nothing_is_known_is_shown_all_the_same() -> None:
    async def main() -> None:
        async with started(for_ever()) as (task,):
            for told in (None, Told(None)):
                found = of(task, inline(Describe(told, threads=False)))
                assert (found.created_at, found.owner, found.request) == (None, "user", "")
                assert (found.scope, found.age) == ("", None)

    asyncio.run(main())
