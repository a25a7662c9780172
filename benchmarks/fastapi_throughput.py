"""A FastAPI application under uvicorn: bare, and with ``snowshed run`` in front of the command.

Real processes, real sockets, no code changed. The servers run side by side and are loaded one at a
time, in random order, for a fraction of a second each, by a process of its own. Two numbers are
taken: the requests per second, which feel every neighbour on a small machine, and the CPU time that
the server's process spends on one request, which hardly does. Both are given as a share of the
bare server's, so that 1 is no loss at all.

Two processes of the same program differ by a few per cent for as long as they live (hashes, where
the memory lies), so the servers are started anew several times, and one of them is bare again.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks._pythons import HOUSE
from benchmarks._runner import CONTROL, Row, row_of

GOAL = 0.97
BARE = "uvicorn"
STACKS = (("asyncio", "h11"), ("asyncio", "httptools"), ("uvloop", "httptools"))
RUN = ("-m", "snowshed", "run")
SERVERS: dict[str, tuple[str, ...]] = {
    BARE: (),
    CONTROL: (),
    "snowshed run (observe)": (*RUN, "--", sys.executable),
    "snowshed run --mode enforce": (*RUN, "--mode", "enforce", "--", sys.executable),
}
GOALS = {"snowshed run (observe)": GOAL}
ROUTES = {"item": "the smallest answer", "cart": "a body and five tasks"}
REQUESTS = 80
STARTS = 4
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What one server needed for a request, in seconds of wall clock and of its own CPU."""

    wall: float
    cpu: float


def measure(loop: str, parser: str, *, rounds: int, requests: int = REQUESTS) -> list[Row]:
    """Return the rows of the servers, or none where the clocks of processes cannot be read."""
    if not sys.platform.startswith("linux"):
        return []
    spent: dict[str, list[dict[str, Spent]]] = {route: [] for route in ROUTES}
    starts = min(STARTS, rounds)
    for start in range(starts):
        share = rounds // starts + (start < rounds % starts)
        with _servers(loop, parser) as servers, _generator() as generator:
            for round_ in range(-1, share):
                for route in ROUTES:
                    one = _one_round(servers, generator, f"{route} {requests}", requests)
                    # The first one warms up.
                    if round_ >= 0:
                        spent[route].append(one)
    rows = (_rows(route, spent[route], f"{loop}, {parser}") for route in ROUTES)
    return [row for route in rows for row in route]


def _rows(route: str, spent: list[dict[str, Spent]], loop: str) -> list[Row]:
    taken = (
        ("CPU", [{name: one.cpu for name, one in each.items()} for each in spent]),
        ("requests per second", [{name: one.wall for name, one in each.items()} for each in spent]),
    )
    return [
        row_of(
            [each[BARE] / each[name] for each in times],
            section=f"fastapi: {ROUTES[route]}: {what}",
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

    process: subprocess.Popen[bytes]
    port: int

    def cpu(self) -> float:
        """Return the CPU seconds that the process has used."""
        # How Linux numbers the CPU clock of another process; see clock_getcpuclockid(3).
        return time.clock_gettime(~self.process.pid << 3 | 2)


@contextmanager
def _servers(loop: str, parser: str) -> Iterator[dict[str, Server]]:
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(_server(before, loop, parser))
            for name, before in SERVERS.items()
        }
        for server in servers.values():
            _wait_for(server)
        yield servers


@contextmanager
def _server(before: tuple[str, ...], loop: str, parser: str) -> Iterator[Server]:
    port = _free_port()
    uvicorn = ("-m", "uvicorn", "benchmarks._service:app", "--no-access-log")
    options = ("--port", str(port), "--loop", loop, "--http", parser, "--log-level", "warning")
    command = [sys.executable, *before, *uvicorn, *options]
    with _ended(subprocess.Popen(command, cwd=HOUSE)) as process:
        yield Server(process, port)


@contextmanager
def _generator() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "benchmarks._load"]
    pipe = subprocess.PIPE
    with _ended(subprocess.Popen(command, cwd=HOUSE, stdin=pipe, stdout=pipe)) as process:
        yield process


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    with process:
        try:
            yield process
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(server: Server) -> None:
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port)).close()
        except OSError:
            if time.monotonic() > give_up or server.process.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            return


def _one_round(
    servers: dict[str, Server], generator: subprocess.Popen[bytes], order: str, requests: int
) -> dict[str, Spent]:
    names = list(servers)
    random.shuffle(names)
    return {name: _spent(servers[name], generator, order, requests) for name in names}


def _spent(server: Server, generator: subprocess.Popen[bytes], order: str, requests: int) -> Spent:
    began = server.cpu()
    wall = _ask(generator, f"{server.port} {order}{os.linesep}")
    return Spent(wall / requests, (server.cpu() - began) / requests)


def _ask(generator: subprocess.Popen[bytes], line: str) -> float:
    if generator.stdin is None or generator.stdout is None:
        raise ValueError(generator)
    generator.stdin.write(line.encode())
    generator.stdin.flush()
    return float(generator.stdout.readline())
