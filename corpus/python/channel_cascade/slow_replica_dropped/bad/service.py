"""Two replicas are asked at once and the first answer is taken; the other question goes on.

`asyncio.wait` cancels nothing: what is pending stays so, and nobody has it any more. When one
replica is slow, each read leaves a task and a connection there, which makes it slower.

Cause: channel-cascade. In the wild: omnilib/aioitertools#98; python/cpython#100928 is somebody who
believed that it cancels.
"""

import asyncio
from collections.abc import Awaitable, Callable

Replica = Callable[[str], Awaitable[str]]


async def read(key: str, replicas: list[Replica]) -> str:
    """Return what the fastest replica says."""
    asked = [asyncio.ensure_future(replica(key)) for replica in replicas]
    done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)  # bug: SN312
    return done.pop().result()
