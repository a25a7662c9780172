"""The middleware goes around the application of each server, once, at the one place it passes."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import _needs
from _serving import UNDER_SNOWSHED, ask, serving
from snowshed.attach import _servers

APP = """
import asyncio, json, sys

async def child(): await asyncio.sleep(0.05)

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup" and "broken" in sys.argv:
                await send({"type": "lifespan.startup.failed"})
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"] == "/flood":
        await asyncio.gather(*(child() for _ in range(20)))
    if scope["path"] == "/slow":
        print("slow", flush=True)
        try:
            await asyncio.sleep(3600)
        finally:
            print("slow has ended", flush=True)
    if scope["path"] == "/forgets":
        app.kept = asyncio.create_task(asyncio.sleep(3600))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(scope["path"]).encode()})
"""


def write_app(folder: Path) -> Path:
    (folder / "plain_app.py").write_text(APP)
    return folder


# --- each by itself, changed in place


def wrap(app):
    return SimpleNamespace(wrapped=app)


@pytest.fixture
def fresh():
    """Import a module anew and have the old one back afterwards."""
    kept = {}

    def load(name):
        kept.update({key: sys.modules[key] for key in list(sys.modules) if key == name})
        for key in kept:
            del sys.modules[key]
        return importlib.import_module(name)

    yield load
    sys.modules.update(kept)


def test_uvicorn(fresh):
    _needs.module("uvicorn")
    module = fresh("uvicorn.config")
    _servers.uvicorn(module, wrap)

    async def app(scope, receive, send): ...

    config = module.Config(app, log_config=None)
    config.load()
    assert config.loaded_app.wrapped is not None
    assert not hasattr(config.loaded_app.wrapped, "wrapped")


def test_hypercorn(fresh):
    _needs.module("hypercorn")
    module = fresh("hypercorn.app_wrappers")
    _servers.hypercorn(module, wrap)
    assert module.ASGIWrapper("app").app.wrapped == "app"


def test_granian(fresh):
    _needs.module("granian")
    module = fresh("granian.asgi")
    seen = []
    _servers.granian(module, lambda app: seen.append(app) or app)

    async def app(scope, receive, send): ...

    assert callable(module._callback_wrapper(app, {}, {}))
    assert seen == [app]


@pytest.mark.parametrize("change", _servers.SERVERS.values())
def test_a_server_of_another_version_is_an_error_that_the_import_survives(change):
    """`when_imported` reports it; what matters is that nothing is half changed."""
    with pytest.raises(AttributeError):
        change(SimpleNamespace(__name__="other"), wrap)


# --- together, under enforcement, and to the end

SERVERS = {
    "uvicorn": ("uvicorn", "plain_app:app", "--port", "{port}"),
    "hypercorn": ("hypercorn", "plain_app:app", "--bind", "127.0.0.1:{port}"),
    "granian": ("granian", "plain_app:app", "--port", "{port}", "--interface", "asgi"),
}


@pytest.fixture(params=SERVERS)
def command(request):
    module, *rest = SERVERS[request.param]
    _needs.module(module)
    enforce = ("--mode", "enforce", "--budget", "5", "--timeout", "2")
    return (*UNDER_SNOWSHED, *enforce, "--", sys.executable, "-m", module, *rest)


@pytest.mark.server
def test_refusal_deadline_and_a_client_that_leaves(command, tmp_path):
    with serving(command, write_app(tmp_path)) as server:
        connection = server.connect()
        flood = ask(connection, "GET", "/flood")
        assert flood.status == 503
        assert flood.headers["retry-after"] in {"1", "2", "3", "4"}
        assert flood.headers["content-type"] == "application/problem+json"
        # The connection lives on, and so does the service.
        assert ask(connection, "GET", "/fine").json() == "/fine"
        late = ask(connection, "GET", "/slow")
        assert (late.status, late.json()["title"]) == (504, "Gateway Timeout")
        connection.close()

        leaver = server.connect()
        leaver.request("GET", "/slow")
        _until(lambda: server.log.read_text().count("slow\n") == 2)
        leaver.close()
        _until(lambda: server.log.read_text().count("slow has ended") == 2)
        assert server.get("/fine").status == 200
    log = server.log.read_text()
    assert "request over budget" in log
    assert "Traceback" not in log
    assert "never retrieved" not in log


@pytest.mark.server
def test_a_service_that_is_stopped_leaves_nothing_behind(command, tmp_path):
    """In the midst of requests, and with tasks that outlive theirs."""
    with serving(command, write_app(tmp_path), SNOWSHED_RUN_TIMEOUT="600") as server:
        assert server.get("/forgets").status == 200
        waiting = server.connect()
        waiting.request("GET", "/slow")
        _until(lambda: "slow\n" in server.log.read_text())
        waiting.close()
        _until(lambda: "slow has ended" in server.log.read_text())
    log = server.log.read_text()
    for complaint in ("Traceback", "never retrieved", "was destroyed", "never awaited"):
        assert complaint not in log


def _until(condition, seconds=10.0):
    async def wait():
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)

    asyncio.run(wait())


@pytest.mark.server
def test_a_server_whose_module_has_changed_runs_without_us(tmp_path):
    """What was there to be changed is not there: one error in the log, and the service answers."""
    _needs.module("uvicorn")
    (tmp_path / "start.py").write_text(
        "import sys, logging; logging.basicConfig()\n"
        "import snowshed.attach._servers as servers\n"
        "def other(module, wrap): raise AttributeError('Config has no load')\n"
        "servers.SERVERS['uvicorn.config'] = other\n"
        "import snowshed; snowshed.init()\n"
        "import os, uvicorn; from plain_app import app\n"
        "uvicorn.run(app, port=int(os.environ['PORT']))\n"
    )
    with serving((sys.executable, "start.py"), write_app(tmp_path)) as server:
        assert json.loads(server.get("/fine").body) == "/fine"
    log = server.log.read_text()
    assert log.count("snowshed failed at attaching to uvicorn.config; it goes on without that") == 1
