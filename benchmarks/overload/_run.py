"""One row: start the service under its controller, send, ask it what it saw, end it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from benchmarks._pythons import HOUSE
from benchmarks.overload import _envoy
from benchmarks.overload._measures import Outcome, Row, measures
from benchmarks.overload._scenarios import PATIENCE, Case, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.overload._controllers import Controller

LEAD = 0.7
"""Seconds between the order to send and the first request: the sender has to start."""
WITHIN = 20.0
WARM_UP = 20
HOST = "127.0.0.1"
SERVICE_CORE, SENDER_CORE = 0, 1
NICE = -10
LATEST = 0.1
"""Seconds that the sender may be late; more is a machine that stood still, not a service."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs.

    Attributes:
        process: the server.
        port: where it serves.
        control: where it takes orders.
    """

    process: subprocess.Popen[bytes]
    port: int
    control: Path

    def order(self, **order: Any) -> dict[str, Any]:
        """Give an order and return the answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(WITHIN)
            connection.connect(str(self.control))
            connection.sendall(json.dumps(order).encode() + b"\n")
            answer: dict[str, Any] = json.loads(connection.makefile().readline())
            return answer

    def memory(self) -> float | None:
        """Return the resident memory in MB; None where it cannot be read."""
        statm = Path(f"/proc/{self.process.pid}/statm")
        if not statm.exists():
            return None
        return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    def cpu(self) -> tuple[float, float] | None:
        """Return the seconds that it had a core, and those that it waited for one, if known."""
        schedstat = Path(f"/proc/{self.process.pid}/schedstat")
        if not schedstat.exists():
            return None
        ran, waited, _ = schedstat.read_text(encoding="ascii").split()
        return int(ran) / 1e9, int(waited) / 1e9


def measure(case: Case, controller: Controller) -> Row:
    """Return the row of a case under a controller; takes as long as the case and two seconds."""
    with ExitStack() as stack:
        services = stack.enter_context(_services(controller, case.scenario.hops))
        front, last = services[0].port, services[-1]
        if controller.proxied:
            front = stack.enter_context(_proxy(front))
        _warm_up(front, case.kinds[0])
        memory, cpu = last.memory(), last.cpu()
        start = time.monotonic() + LEAD
        end = start + case.times.until
        last.order(brown_out=[start + case.times.calm, end, case.scenario.slower])
        with _memory_of(services) as peaks:
            sent = _send(case, front, start)
        seen = last.order(statistics=True)
        ran, waited = _spent(cpu, last.cpu())
    outcomes = [
        Outcome(arrival.at, arrival.kind, *what)
        for arrival, what in zip(case.arrivals(), sent["outcomes"], strict=True)
    ]
    return measures(case, outcomes) | {
        "controller": controller.name,
        **seen,
        "rss_mb": None if memory is None else round(max(peaks) - memory, 1),
        "cpu_service": ran,
        "cpu_sender": round(sent["cpu"], 2),
        "no_core": waited,
        "disturbed": max(each.late for each in outcomes) > LATEST,
    }


Spent = tuple[float, float]


def _spent(before: Spent | None, after: Spent | None) -> Spent | tuple[None, None]:
    if before is None or after is None:
        return None, None
    return round(after[0] - before[0], 2), round(after[1] - before[1], 2)


def _send(case: Case, port: int, start: float) -> dict[str, Any]:
    plan = {
        "port": port,
        "start": start,
        "patience": PATIENCE,
        "requests": [_request(kind) for kind in case.kinds],
        "arrivals": case.arrivals(),
        "parked": case.scenario.parked,
    }
    with tempfile.TemporaryDirectory() as folder:
        orders, outcomes = Path(folder) / "plan.json", Path(folder) / "outcomes.json"
        orders.write_text(json.dumps(plan), encoding="utf-8")
        command = ["-m", "benchmarks.overload._generator", str(orders), str(outcomes)]
        with _preferred_on(SENDER_CORE):
            sender = _started([sys.executable, *command])
        with _ended(sender):
            sender.wait(case.times.end + WITHIN)
        sent: dict[str, Any] = json.loads(outcomes.read_text(encoding="utf-8"))
        return sent


def _request(kind: Kind) -> str:
    timeout = f"x-request-timeout-ms: {kind.timeout * 1000:.0f}\r\n" if kind.timeout else ""
    return f"GET {kind.path} HTTP/1.1\r\nhost: service\r\n{timeout}\r\n"


def _warm_up(port: int, kind: Kind) -> None:
    request = _request(Kind(kind.name, kind.tasks, kind.light)).encode()
    for _ in range(WARM_UP):
        with socket.create_connection((HOST, port), timeout=WITHIN) as connection:
            connection.sendall(request.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
            while connection.recv(4096):
                pass


@contextmanager
def _services(controller: Controller, count: int) -> Iterator[list[Service]]:
    """Run services in a row; the last one is the last of the list."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        started: list[Service] = []
        following: int | None = None
        for number in range(count):
            control = Path(folder) / f"{number}"
            service = stack.enter_context(_service(controller, control, following))
            started.insert(0, service)
            following = service.port
        yield started


@contextmanager
def _service(controller: Controller, control: Path, following: int | None) -> Iterator[Service]:
    port = free_port()
    variables = {"OVERLOAD_CONTROL": str(control)}
    if controller.light:
        variables["OVERLOAD_LIGHT"] = "1"
    if following is not None:
        variables["OVERLOAD_NEXT"] = str(following)
    # The one that is judged has a core for itself.
    with _preferred_on(SERVICE_CORE if following is None else SENDER_CORE):
        process = _started(controller.command(port), variables)
    with _ended(process):
        _wait_for(process, port)
        yield Service(process, port, control)


@contextmanager
def _proxy(upstream: int) -> Iterator[int]:
    """Run Envoy beside the sender, so that the service has a core for itself as in other rows."""
    port = free_port()
    with _preferred_on(SENDER_CORE):
        process = _started(_envoy.command(port, upstream))
    with _ended(process):
        _wait_for(process, port)
        yield port


@contextmanager
def _memory_of(services: list[Service]) -> Iterator[list[float]]:
    """Read the memory of the last service ten times a second; yields what was read."""
    over = Event()
    read: list[float] = [services[-1].memory() or 0.0]

    def watch() -> None:
        while not over.wait(0.1):
            read.append(services[-1].memory() or 0.0)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield read
    finally:
        over.set()
        watcher.join()


def _started(
    command: list[str], variables: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command, cwd=HOUSE, env={**os.environ, **(variables or {})}, start_new_session=True
    )
    # Linux shares out the processor among sessions first; only then does a nice value count.
    with suppress(OSError):
        Path(f"/proc/{process.pid}/autogroup").write_text(f"{NICE}", encoding="ascii")
    return process


@contextmanager
def _preferred_on(core: int) -> Iterator[None]:
    """Let what is started in the block run on one core, before its neighbours, where it may."""
    choice = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(choice) < 2:
        yield
        return
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.sched_setaffinity(0, {choice[core]})
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)
        os.sched_setaffinity(0, choice)


@contextmanager
def _ended(process: subprocess.Popen[Any]) -> Iterator[None]:
    """End it with the block: at once, as a service that drowns would take its time."""
    with process:
        try:
            yield
        finally:
            process.kill()


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[Any], port: int) -> None:
    give_up = time.monotonic() + WITHIN
    while True:
        try:
            socket.create_connection((HOST, port)).close()
        except OSError:
            if time.monotonic() > give_up or process.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            return
