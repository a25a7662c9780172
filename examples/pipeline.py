"""Three stages with channels between them: the slowest sets the pace, and memory stays constant.

Run it: python examples/pipeline.py
"""

from __future__ import annotations

import asyncio

import snowshed


async def read(out: snowshed.SendChannel[str]) -> None:
    async with out:
        for number in range(20):
            await out.send(f"line {number}")


async def parse(
    lines: snowshed.ReceiveChannel[str], out: snowshed.SendChannel[tuple[str, int]]
) -> None:
    async with out:
        async for line in lines:
            word, number = line.split()
            await out.send((word, int(number)))


async def store(records: snowshed.ReceiveChannel[tuple[str, int]]) -> int:
    total = 0
    async for _, number in records:
        await asyncio.sleep(0.002)  # the slowest stage
        total += number
    return total


async def main() -> None:
    send_line, lines = snowshed.open_channel[str](4, name="lines")
    send_record, records = snowshed.open_channel[tuple[str, int]](4, name="records")
    async with snowshed.open_scope("pipeline") as scope:
        await scope.spawn(read, send_line)
        await scope.spawn(parse, lines, send_record)
        stored = await scope.spawn(store, records)
    print(f"stored 20 records, sum {stored.result()}")
    print(f"the reader had {lines.statistics().capacity} lines of room, and no more")


if __name__ == "__main__":
    asyncio.run(main())
