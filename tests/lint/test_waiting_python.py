"""A real Python service under ``snowshed run``, and what it writes down: lint knows the lines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import _debugged
import _needs
from snowshed.cli import main

pytestmark = [pytest.mark.house, pytest.mark.server]

SERVICE = """\
import asyncio
import sys

from aiohttp import web

routes = web.RouteTableDef()
gates = []


async def audit(order):
    gates.append(asyncio.Event())
    await gates[-1].wait()


@routes.post("/order")
async def order(request):
    asyncio.create_task(audit(request))
    return web.Response()


async def main():
    for _ in range(60):
        await order(None)
    await asyncio.sleep(0)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
"""
STARTED = 1 + SERVICE[: SERVICE.index("asyncio.create_task")].count("\n")


@contextmanager
def running(service: Path) -> Iterator[int]:
    """Run ``service`` under snowshed; yield its process id when it is ready."""
    command = [sys.executable, "-m", "snowshed", "run", "--", sys.executable, service]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        process.stdin.close()
        assert process.wait() == 0


def test_tasks_are_counted_at_the_line_that_has_started_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _needs.module("aiohttp")
    service = tmp_path / "shop" / "orders.py"
    service.parent.mkdir()
    service.write_text(SERVICE)
    dump = tmp_path / "tasks.txt"
    with _debugged.place(), running(service) as pid:
        assert main(["dump", str(pid), "--format", "debug=2", "-o", str(dump)]) == 0
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["lint", "--no-cache", "--format", "json", "--dump", "tasks.txt", "shop"]) == 1
    first = json.loads(capsys.readouterr().out)["findings"][0]
    assert (first["path"], first["line"]) == ("shop/orders.py", STARTED)
    assert first["cause"] == "detached-spawn"
    assert first["waiting"]["created"] == 60
