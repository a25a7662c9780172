"""A burst of 30 uploads meets a pool of 3 workers: some are queued, some are turned away at once.

Run it: python examples/thumbnails.py
"""

from __future__ import annotations

import asyncio

import snowshed


async def thumbnail(image: int) -> int:
    await asyncio.sleep(0.005)
    if image == 7:
        raise ValueError("image 7 is broken")
    return image


async def main() -> None:
    refused = 0
    jobs = []
    async with snowshed.WorkerPool(thumbnail, max_workers=3, queue_size=10) as pool:
        for image in range(30):
            try:
                jobs.append(pool.submit_nowait(image))
            except snowshed.WouldBlock:
                refused += 1
        await asyncio.sleep(0)  # the workers take their first jobs
        print(pool)
        results = await asyncio.gather(*jobs, return_exceptions=True)
    failed = [result for result in results if isinstance(result, Exception)]
    print(f"{len(jobs)} accepted, {refused} refused, {len(failed)} failed: {failed}")


if __name__ == "__main__":
    asyncio.run(main())
