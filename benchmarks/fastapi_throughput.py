"""A FastAPI application under uvicorn: bare, and with ``snowshed run`` in front of the command.

Real processes, real sockets, no code changed. The servers run side by side and are loaded one at a
time, in random order, for a fraction of a second each, by a process of its own. Two numbers are
taken: the requests per second, which feel every neighbour on a small machine, and the CPU time that
the server's process spends on one request, which hardly does. Both are given as a share of the
bare server's, so that 1 is no loss at all. A window is long enough for what snowshed does beside
the requests, fifty times in a second, to fall into each.

Two processes of the same program differ by a few per cent for as long as they live (hashes, where
the memory lies), so the servers are started anew several times, and one of them is bare again.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks._processes import (
    CAN_MEASURE,
    RUN,
    Process,
    arguments_of_uvicorn,
    cpu_of,
    free_port,
    hear,
    started,
    tell,
    wait_for_port,
)
from benchmarks._runner import CONTROL, Row, row_of
from snowshed.cli._ask import Question, at_socket
from snowshed.observe._serve._place import socket_of

NAME = "fastapi"
GOAL = 0.97
BARE = "uvicorn"
STACKS = (("asyncio", "h11"), ("asyncio", "httptools"), ("uvloop", "httptools"))
ENFORCE = ("-m", "snowshed", "run", "--mode", "enforce", "--", sys.executable)
SERVERS: dict[str, tuple[str, ...]] = {
    BARE: (),
    CONTROL: (),
    "snowshed run (observe)": RUN,
    "snowshed run --mode enforce": ENFORCE,
}
GOALS = {"snowshed run (observe)": GOAL}
ROUTES = {"item": "the smallest answer", "cart": "a body and five tasks"}
REQUESTS = 400
STARTS = 4
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What one server needed for a request, in seconds of wall clock and of its own CPU."""

    wall: float
    cpu: float


def measure(
    loop: str, parser: str, *, rounds: int, requests: int = REQUESTS
) -> Iterator[list[Row]]:
    """Yield the rows of the servers, or none where the clocks of processes cannot be read."""
    if not CAN_MEASURE:
        return
    spent: dict[str, list[dict[str, Spent]]] = {route: [] for route in ROUTES}
    starts = min(STARTS, rounds)
    for start in range(starts):
        share = rounds // starts + (start < rounds % starts)
        with (
            _servers(loop, parser) as servers,
            started("-m", "benchmarks._load", talks=True) as generator,
        ):
            for round_ in range(-1, share):
                for route in ROUTES:
                    one = _one_round(servers, generator, f"{route} {requests}", requests)
                    # The first one warms up.
                    if round_ >= 0:
                        spent[route].append(one)
    rows = (_rows(route, spent[route], f"{loop}, {parser}") for route in ROUTES)
    yield [row for route in rows for row in route]


def _rows(route: str, spent: list[dict[str, Spent]], loop: str) -> list[Row]:
    taken = (
        ("CPU", [{name: one.cpu for name, one in each.items()} for each in spent]),
        ("requests per second", [{name: one.wall for name, one in each.items()} for each in spent]),
    )
    return [
        row_of(
            [each[BARE] / each[name] for each in times],
            section=f"{NAME}: {ROUTES[route]}: {what}",
            name=name,
            loop=loop,
            goal=GOALS.get(name),
            at_least=True,
            baseline="bare uvicorn, more is better",
        )
        for what, times in taken
        for name in SERVERS
        if name != BARE
    ]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    process: Process
    port: int


@contextmanager
def _servers(loop: str, parser: str) -> Iterator[dict[str, Server]]:
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(_server(before, loop, parser))
            for name, before in SERVERS.items()
        }
        for name, server in servers.items():
            wait_for_port(server.process, server.port, PATIENCE)
            if SERVERS[name]:
                _require_that_it_is_looked_at(server.process)
        yield servers


@contextmanager
def _server(before: tuple[str, ...], loop: str, parser: str) -> Iterator[Server]:
    port = free_port()
    service = arguments_of_uvicorn("benchmarks._service:app", port=port, loop=loop, parser=parser)
    with started(*before, *service) as process:
        yield Server(process, port)


def _require_that_it_is_looked_at(process: Process) -> None:
    """Make sure that what is measured is all of it: the hook, the sampler and the pages."""
    service = at_socket(process.pid, socket_of(process.pid), PATIENCE)
    state = json.loads(service.ask(Question("snowshed/all")))
    if not state["watch"]["looks"] or state["watch"]["failed"] or not state["sampler"]["lag"]:
        msg = f"the server is not looked at: {state}"
        raise RuntimeError(msg)


def _one_round(
    servers: dict[str, Server], generator: Process, order: str, requests: int
) -> dict[str, Spent]:
    names = list(servers)
    random.shuffle(names)
    return {name: _spent(servers[name], generator, order, requests) for name in names}


def _spent(server: Server, generator: Process, order: str, requests: int) -> Spent:
    began = cpu_of(server.process)
    tell(generator, f"{server.port} {order}")
    wall = float(hear(generator))
    return Spent(wall / requests, (cpu_of(server.process) - began) / requests)
