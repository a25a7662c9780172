"""The same endpoint gives the same counts, whatever server, loop and Python runs it.

A count of the tasks in a request's context does not: servers, frameworks and the standard library
start tasks in it too, each its own number. The figures below are counted in the endpoint's source.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import _needs
from _serving import UNDER_SNOWSHED, Server, ask, serving

pytestmark = pytest.mark.server

HERE = Path(__file__).parent
APP = "_matrix_app:app"
PYTHON_M = (sys.executable, "-m")
UVICORN = (*PYTHON_M, "uvicorn", APP, "--port", "{port}", "--log-level", "warning")
GRANIAN = (*PYTHON_M, "granian", APP, "--port", "{port}", "--interface", "asgi")
HYPERCORN = (*PYTHON_M, "hypercorn", APP, "--bind", "127.0.0.1:{port}")
GUNICORN = (*PYTHON_M, "gunicorn", APP, "--bind", "127.0.0.1:{port}")
FASTAPI = (*PYTHON_M, "fastapi", "run", "_matrix_app.py", "--host", "127.0.0.1", "--port", "{port}")
COMMANDS: dict[str, tuple[str, ...]] = {
    "uvicorn-asyncio": (*UVICORN, "--loop", "asyncio", "--http", "h11"),
    "uvicorn-asyncio-httptools": (*UVICORN, "--loop", "asyncio", "--http", "httptools"),
    "uvicorn-uvloop": (*UVICORN, "--loop", "uvloop"),
    "hypercorn-asyncio": (*HYPERCORN, "--worker-class", "asyncio"),
    "hypercorn-uvloop": (*HYPERCORN, "--worker-class", "uvloop"),
    "granian-asyncio": (*GRANIAN, "--loop", "asyncio", "--task-impl", "asyncio"),
    "granian-uvloop": (*GRANIAN, "--loop", "uvloop", "--task-impl", "asyncio"),
    "gunicorn": (*GUNICORN, "--worker-class", "uvicorn.workers.UvicornWorker"),
    "fastapi run": FASTAPI,
    "python -m app": (*PYTHON_M, "_matrix_app"),
}


def needs(command: tuple[str, ...]) -> None:
    for module in ("fastapi", "anyio", command[2]):
        if module != "_matrix_app":
            _needs.module(module)
    if "uvloop" in command:
        _needs.module("uvloop")


def statistics(server: Server) -> dict[str, Any]:
    found = server.get("/snowshed").json()["statistics"]
    assert found is not None, "snowshed is not in the service"
    return found


def settled(server: Server, **expected: int) -> dict[str, Any]:
    """The statistics when they are as expected, or as they are after five seconds."""
    give_up = time.monotonic() + 5
    while time.monotonic() < give_up:
        seen = statistics(server)
        if {key: seen[key] for key in expected} == expected:
            break
        time.sleep(0.02)
    return seen


@pytest.fixture(scope="module", params=COMMANDS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    command = COMMANDS[request.param]
    needs(command)
    directory = tmp_path_factory.mktemp("server")
    (directory / "_matrix_app.py").symlink_to(HERE / "_matrix_app.py")
    under = (*UNDER_SNOWSHED, "--", *command)
    # Details from the first task on: every task is judged.
    with serving(under, directory, ready="/snowshed", SNOWSHED_RUN_SITES_FROM="0") as running:
        yield running


def test_every_way_to_start_a_task_counts_the_same(server: Server) -> None:
    before = statistics(server)
    assert server.get("/everything").json() == {"answer": "ok"}
    spawned, outlived, late = before["spawned"] + 10, before["outlived"] + 1, before["late"] + 1
    seen = settled(server, spawned=spawned, outlived=outlived, late=late)
    assert (seen["spawned"], seen["outlived"], seen["late"]) == (spawned, outlived, late)
    assert (seen["failures"], seen["over_budget"], seen["bypassed"]) == (
        0,
        before["over_budget"],
        0,
    )


def test_a_connection_that_is_kept_alive_hands_nothing_on(server: Server) -> None:
    """After a large body asyncio starts the next request in the context of the former one."""
    before = statistics(server)
    connection = server.connect()
    try:
        for _ in range(3):
            assert ask(connection, "POST", "/upload", body=bytes(1 << 20)).json() == 1 << 20
            assert ask(connection, "GET", "/three").json() == {"answer": "ok"}
    finally:
        connection.close()
    spawned = before["spawned"] + 3 * (1 + 3)
    seen = settled(server, spawned=spawned)
    changed = {key: seen[key] - before[key] for key in ("spawned", "outlived", "late", "failures")}
    assert changed == {"spawned": 12, "outlived": 0, "late": 0, "failures": 0}


def test_a_flood_is_seen_and_in_observe_not_hindered(server: Server) -> None:
    before = statistics(server)
    assert server.get("/flood").json() == {"answer": "ok"}
    seen = settled(server, over_budget=before["over_budget"] + 1)
    keys = ("spawned", "over_budget", "would_refuse", "refused", "outlived", "late")
    assert {key: seen[key] - before[key] for key in keys} == {
        "spawned": 60,
        "over_budget": 1,
        "would_refuse": 10,
        "refused": 0,
        "outlived": 0,
        "late": 0,
    }


def test_the_loop_is_the_one_that_was_asked_for(
    server: Server, request: pytest.FixtureRequest
) -> None:
    """Else the matrix has holes that nobody sees."""
    loop = server.get("/snowshed").json()["loop"]
    if "asyncio" in request.node.callspec.params["server"]:
        assert loop.startswith("asyncio")
    if "uvloop" in request.node.callspec.params["server"]:
        assert loop.startswith("uvloop")


def test_each_worker_process_has_it(tmp_path: Path) -> None:
    command = (*UNDER_SNOWSHED, "--", *UVICORN, "--workers", "2")
    needs(UVICORN)
    (tmp_path / "_matrix_app.py").symlink_to(HERE / "_matrix_app.py")
    with serving(command, tmp_path, ready="/snowshed") as server:
        seen: dict[int, Any] = {}
        give_up = time.monotonic() + 20
        while len(seen) < 2 and time.monotonic() < give_up:
            answer = server.get("/snowshed").json()
            seen[answer["pid"]] = answer["statistics"]
    assert len(seen) == 2
    assert all(each is not None for each in seen.values())
