"""What the page "Put a limit in front of FastAPI" says of streams and proxies, on a real server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import _page
import _serving

pytestmark = [pytest.mark.house, pytest.mark.server]

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "limit-in-front-of-fastapi.md"
APP = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

import snowshed
from snowshed.shed import current_criticality

app = FastAPI()
runtime = snowshed.init()


async def lines():
    while True:
        yield b"line\\n"
        await asyncio.sleep(0.05)


@app.get("/events")
@app.get("/download")
async def stream() -> StreamingResponse:
    return StreamingResponse(lines())


@app.get("/who")
async def who() -> dict[str, str]:
    return {"class": current_criticality().name}


@app.get("/limiter")
async def limiter() -> object:
    return runtime.admission.limiter.statistics()
"""
SETTINGS = """
[shed]
limit = "fixed"
max_limit = 3
objective = 30  # for so long an answer that has begun is in flight
trusted = ["10.0.0.0/8"]

[shed.routes."GET /limiter"]
bypass = true

[shed.routes."GET /who"]
criticality = "critical"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_serving.Server]:
    folder = tmp_path_factory.mktemp("streams")
    (folder / "app.py").write_text(APP)
    [bypass] = [b.text for b in _page.blocks(PAGE) if b.language == "toml" and "/events" in b.text]
    (folder / "snowshed.toml").write_text(SETTINGS + bypass)
    command = [*_serving.UNDER_SNOWSHED, "--mode", "enforce", "--", "uvicorn", "app:app"]
    with _serving.serving([*command, "--port", "{port}"], folder, ready="/limiter") as server:
        yield server


def open_streams(server: _serving.Server, stack: ExitStack, path: str, count: int) -> list[int]:
    """Open so many and read a line of each that begins; they stay open as long as the stack."""
    found = []
    for _ in range(count):
        connection = server.connect()
        stack.callback(connection.close)
        connection.request("GET", path)
        response = connection.getresponse()
        stack.callback(response.close)
        found.append(response.status)
        if response.status == 200:
            assert response.readline() == b"line\n"
    return found


def limiter(server: _serving.Server) -> Any:
    return server.get("/limiter").json()


def test_streams_that_bypass_do_not_fill_the_limit(server: _serving.Server) -> None:
    with ExitStack() as stack:
        assert open_streams(server, stack, "/events", 10) == [200] * 10
        assert limiter(server)["inflight"] == 0
        assert server.get("/who").status == 200


def test_a_stream_that_began_lately_is_in_flight_and_what_is_full_refuses(
    server: _serving.Server,
) -> None:
    with ExitStack() as stack:
        assert open_streams(server, stack, "/download", 4) == [200, 200, 200, 503]
        assert limiter(server)["inflight"] == 3
        assert server.get("/who").status == 503
    give_up = time.monotonic() + 10
    while limiter(server)["inflight"]:  # until the server notices that the clients have gone
        assert time.monotonic() < give_up
    assert server.get("/who").status == 200


def test_the_peer_is_who_has_connected_whatever_a_header_says(server: _serving.Server) -> None:
    spoofed = {"x-criticality": "critical-plus", "x-forwarded-for": "10.1.2.3"}
    assert server.get("/who", **spoofed).json() == {"class": "CRITICAL"}
    assert server.get("/who", **{"x-criticality": "sheddable"}).json() == {"class": "SHEDDABLE"}
