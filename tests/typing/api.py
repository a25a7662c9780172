"""The public names as a user writes them: checked by mypy in `make check`, never run.

A change that makes this file wrong breaks the code of users.
"""

from __future__ import annotations

from typing import assert_type

import snowshed


def facts_of_errors(error: snowshed.SnowshedError) -> str | int | float:
    if isinstance(error, snowshed.BudgetExceeded):
        return assert_type(error.live, int) + assert_type(error.budget, int)
    if isinstance(error, snowshed.DeadlineExceeded):
        return assert_type(error.timeout, float)
    if isinstance(error, snowshed.WouldDeadlock):
        return assert_type(error.cure, str)
    if isinstance(error, snowshed.WouldBlock | snowshed.ClosedResourceError):
        return assert_type(error.what, str)
    if isinstance(error, snowshed.EndOfChannel):
        return assert_type(error.channel, str)
    if isinstance(error, snowshed.ConfigError):
        return assert_type(error.where, str)
    return snowshed.__version__


async def semaphore() -> None:
    database = snowshed.WeightedSemaphore(20, name="db")
    async with database:
        pass
    await database.acquire(5)
    database.release(5)
    database.acquire_nowait()
    database.resize(0)
    assert_type(database.available, int)
    assert_type(database.statistics().waiting, int)
