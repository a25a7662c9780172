"""The load generator, a process of its own: ``python -m snowshed.demo._load PORT PLAN``.

A process of its own, because a generator that shares a loop with what it measures stops sending
when that stops answering. Each request is a task that starts at its planned moment whatever became
of the others, and its latency counts from that moment: time that the generator itself was late is
part of it, and is written down beside it.

It begins when a line comes on stdin. On stdout, one JSON object a line: first ``{"started":
seconds}`` on the monotonic clock, which all processes share, then one `Outcome` after the other, in
the order in which they end.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from snowshed.demo._client import Client, ProtocolError
from snowshed.demo._model import Arrival, Failure, Outcome, Plan
from snowshed.demo._schedule import arrivals

_LEAD = 0.2
"""Seconds between the announcement of the start and the start."""

Emit = Callable[[dict[str, Any]], None]


async def send(client: Client, arrival: Arrival, started: float, timeout: float) -> Outcome:
    """Send one request at once and return what became of it."""
    clock = asyncio.get_running_loop().time
    status, failure = None, None
    planned = started + arrival.at
    late = clock() - planned
    try:
        async with asyncio.timeout_at(planned + timeout):
            status = await client.get(arrival.path)
    except (TimeoutError, OSError, EOFError, ProtocolError, asyncio.LimitOverrunError) as error:
        failure = failure_of(error)
    return Outcome(arrival.at, arrival.kind, clock() - planned, late, status, failure)


def failure_of(error: Exception) -> Failure:
    """Name the kind of a failure; a timeout of the operating system is a connection's failure."""
    gave_up = isinstance(error, TimeoutError) and error.errno is None
    return "timeout" if gave_up else "connection"


async def run(plan: Plan, client: Client, emit: Emit) -> None:
    """Carry the plan out; returns when the last request has been answered or given up."""
    timeouts = {"light": plan.light_timeout, "heavy": plan.heavy_timeout}
    clock = asyncio.get_running_loop().time
    if plan.idle:
        await client.hold(plan.idle)
    started = clock() + _LEAD
    emit({"started": started})

    async def one(arrival: Arrival) -> None:
        emit(asdict(await send(client, arrival, started, timeouts[arrival.kind])))

    async with asyncio.TaskGroup() as requests:
        for arrival in arrivals(plan):
            await asyncio.sleep(started + arrival.at - clock())
            requests.create_task(one(arrival))


async def main(port: int, plan: Plan) -> None:
    """Load the service on a port of the loopback interface."""
    async with Client("127.0.0.1", port) as client:
        await run(plan, client, lambda line: print(json.dumps(line), flush=True))  # noqa: T201


if __name__ == "__main__":
    port, plan = int(sys.argv[1]), Plan(**json.loads(sys.argv[2]))
    if sys.stdin.readline():  # nothing: whoever started it is gone
        asyncio.run(main(port, plan))
