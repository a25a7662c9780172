"""A deadline that a blocking function on a thread can see, and that it keeps.

Run it: python examples/deadline_in_a_thread.py
"""

from __future__ import annotations

import asyncio
import time

import snowshed


def crunch(rows: int) -> int:
    """Work through ``rows`` as far as the time allows; a thread cannot be cancelled, only told."""
    for row in range(rows):
        if snowshed.remaining() == 0:
            return row
        time.sleep(0.01)
    return rows


async def main() -> None:
    try:
        async with snowshed.open_scope("report", timeout=0.2) as scope:
            done = await scope.run_sync(crunch, 10)
            print(f"{done} of 10 rows, {scope.remaining():.1f} s left for more")
            await scope.run_sync(crunch, 1000)
    except snowshed.DeadlineExceeded as error:
        print(f"{error.scope} ended after {error.timeout:.1f} s, and its thread with it")


if __name__ == "__main__":
    asyncio.run(main())
