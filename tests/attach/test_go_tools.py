"""The real `go tool pprof` reads a FastAPI service under `snowshed run`, with no line of ours."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import _debugged
import _go
import _serving
from snowshed.observe._serve import _place

pytestmark = [pytest.mark.server, pytest.mark.slow]

SHOP = """
import asyncio

from fastapi import FastAPI

app = FastAPI()
price_list = asyncio.Lock()
orders = asyncio.Queue()
background = set()


async def price_of(item):
    async with price_list:
        await asyncio.sleep(1000)


async def pack():
    return await orders.get()


@app.get("/flood")
async def flood():
    for item in range(300):
        background.add(asyncio.create_task(price_of(item)))
    for _ in range(40):
        background.add(asyncio.create_task(pack()))
    return "flooded"
"""


@dataclass(frozen=True, slots=True)
class Shop:
    port: int

    def pprof(self, *arguments: str, path: str = "goroutine") -> str:
        return _go.go_tool_pprof(*arguments, f"http://127.0.0.1:{self.port}/debug/pprof/{path}")


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(SHOP)
    port = _serving.free_port()
    command = [sys.executable, "-m", "snowshed", "run", "--debug-port", str(port), "--"]
    command += [sys.executable, "-m", "uvicorn", "shop:app", "--port", "{port}"]
    command += ["--loop", request.param]
    with _debugged.place() as place:
        there = {_place.VARIABLE: str(place)}
        with _serving.serving(command, folder, ready="/docs", **there) as server:
            assert server.get("/flood").json() == "flooded"
            yield Shop(port)


def test_top_ranks_what_the_tasks_stand_in(shop: Shop) -> None:
    printed = shop.pprof("-top", "-cum")
    assert "Type: goroutine" in printed
    counts = {name: int(cum) for cum, name in re.findall(r"(\d+) +[\d.]+% +(\S+)$", printed, re.M)}
    assert counts["shop.price_of"] == 300
    assert counts["asyncio.locks.Lock.acquire"] == 299
    assert counts["shop.pack"] == counts["asyncio.queues.Queue.get"] - 1 == 40  # and uvicorn's own


def test_tags_tell_states_resources_and_who_made_them(shop: Shop) -> None:
    printed = shop.pprof("-tags")
    for count, value in (
        (299, "lock"),
        (299, "asyncio.Lock"),
        (41, "asyncio.Queue"),
        (300, r"shop\.flood:\d+"),
        (40, r"shop\.flood:\d+"),
    ):
        assert re.search(rf"^ +{count} \([ \d.]+%\): {value}$", printed, re.M), (count, value)


def test_tagfocus_leaves_what_waits_for_one_thing(shop: Shop) -> None:
    printed = shop.pprof("-top", "-tagfocus=state=queue get")
    assert re.search(r"^ +41 +\S+ +\S+ +41 +\S+ +asyncio\.queues\.Queue\.get$", printed, re.M)
    assert "Lock" not in printed


def test_list_shows_the_line_in_the_source_of_the_service(shop: Shop) -> None:
    printed = shop.pprof("-list", r"shop\.price_of")
    assert re.search(r"^ +\. +299 +13: +async with price_list:$", printed, re.M)
    assert re.search(r"^ +\. +1 +14: +await asyncio\.sleep\(1000\)$", printed, re.M)


def test_block_has_the_time_that_was_waited(shop: Shop) -> None:
    printed = shop.pprof("-top", "-seconds", "2", path="block")
    assert "Type: delay" in printed
    assert "asyncio.locks.Lock.acquire" in printed
