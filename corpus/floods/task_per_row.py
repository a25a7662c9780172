"""A table has four thousand rows, half of which are to be reminded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from corpus.floods._world import Slow, Tasks

MEASURES = "tasks alive at once while a table of 4000 rows is gone through"
AT_MOST = 20
VIRTUAL = True


async def flood(service: Any) -> float:
    """Remind."""

    async def rows() -> AsyncIterator[dict[str, object]]:
        for number in range(4000):
            yield {"number": number, "paid": number % 2 == 0}

    tasks, remind = Tasks(), Slow(0.1)
    assert await service.remind_all(rows(), remind) == 2000
    assert len(remind.calls) == 2000
    return tasks.most
