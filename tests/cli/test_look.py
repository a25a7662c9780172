"""The commands that look at a service, and a real service with two worker processes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import _debugged
from _serving import UNDER_SNOWSHED, Server, serving
from snowshed.cli import main
from snowshed.cli._processes import parents
from snowshed.formats import pprof
from snowshed.observe._serve import _place

pytestmark = pytest.mark.server

SHOP = """
import asyncio, os, time

stock = asyncio.Lock()

async def charge():
    async with stock:
        await asyncio.sleep(1000)

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    if scope["path"] == "/pay":
        for _ in range(200):
            asyncio.create_task(charge())
    if scope["path"] == "/block":
        time.sleep(3)
    body = str(os.getpid()).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(SHOP)
    command = [*UNDER_SNOWSHED, "--", "uvicorn", "shop:app", "--port", "{port}", "--workers", "2"]
    with _debugged.place() as place:
        variable = {_place.VARIABLE: str(place)}
        with serving(command, folder, **variable) as server:
            flooded: set[bytes] = set()
            while len(flooded) < 2:  # until each of the workers has had one
                flooded.add(server.get("/pay").body)
            yield server


@pytest.fixture
def master(shop: Server) -> str:
    worker, _ = _place.sockets()[0]
    return str(parents()[worker])


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_tasks_of_all_workers_are_a_few_groups(
    master: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, "tasks", master)
    workers = {str(pid) for pid, _ in _place.sockets()}
    assert {each["process"] for each in found["processes"]} == workers
    first = found["groups"][0]
    assert (first["state"], first["processes"]) == ("lock", 2)
    assert first["count"] >= 398
    assert "shop.py" in first["waiting_at"]
    assert first["created_at"].endswith("app")
    assert len(found["groups"]) < 20


def test_the_line_behind_the_lock_has_its_head_and_who_may_hold_it(
    master: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for process in document(capsys, "waits", master)["processes"]:
        worst = process["waits"]["cascades"][0]
        assert worst["head"]["kind"] == "asyncio.Lock"
        assert worst["behind"] >= 199
        assert worst["suspect"]["state"] == "sleep"


def test_a_dump_of_all_workers_is_one_profile(
    master: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dump", master, "-o", str(tmp_path / "now.pb.gz")]) == 0
    found = pprof.read((tmp_path / "now.pb.gz").read_bytes())
    waiting = [each for each in found.samples if ("state", "lock") in each.labels]
    assert {dict(each.labels)["process"] for each in waiting} == {
        str(pid) for pid, _ in _place.sockets()
    }


def test_a_look_at_one_worker_is_at_that_one(
    shop: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = str(_place.sockets()[0][0])
    assert main(["top", worker, "--once"]) == 0
    assert f"in process {worker}" in capsys.readouterr().out


def test_a_worker_whose_loop_is_stuck_answers(
    shop: Server, master: str, capsys: pytest.CaptureFixture[str]
) -> None:
    request = threading.Thread(target=shop.get, args=("/block",))
    request.start()
    try:
        stuck = []
        while not stuck and request.is_alive():
            assert main(["tasks", master, "--each", "--limit", "0", "--format", "json"]) == 0
            tasks = json.loads(capsys.readouterr().out)["tasks"]
            here = [each for each in tasks if each["waiting_at"].endswith(" app")]
            stuck = [each for each in here if each["kind"] == "task"]
        assert [each["state"] for each in stuck] == ["running"]
    finally:
        request.join()
