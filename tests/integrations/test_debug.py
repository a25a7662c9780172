"""The debug endpoint shows statistics, to whoever may see them, and never fails the service."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import sys
from collections import Counter
from dataclasses import dataclass
from enum import Enum

import pytest

import _serving
import snowshed
from snowshed.attach import Runtime, Settings
from snowshed.attach._shed import Shed
from snowshed.integrations.debug import DebugApp
from snowshed.shed import RulesFile
from snowshed.shed._routes import RoutePolicy, RouteTable
from snowshed.shed._settings import Settings as ShedSettings

SHARED = ["pressure", "features", "targets"]
OWN = ["runtime", "requests", *SHARED]
UNIX = {"client": None, "server": ("/run/app.sock", None)}


def ask(app: DebugApp, path: str = "/", *, method: str = "GET", headers=(), **scope):
    """Ask the application in the words of ASGI; return status, headers, content."""
    asked = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", 8000),
        **scope,
    }
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    asyncio.run(app(asked, receive, send))
    start, body = sent
    content = json.loads(body["body"]) if body["body"] else None
    return start["status"], dict(start["headers"]), content


def content(app: DebugApp, path: str = "/"):
    status, headers, found = ask(app, path)
    assert status == 200
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"cache-control"] == b"no-store"
    assert found.pop("schema") == 1
    return found


@dataclass(frozen=True, slots=True)
class Numbers:
    limit: float
    by_reason: dict[str, int]


def test_the_index_lists_what_there_is():
    app = DebugApp(Runtime(Settings()), sources={"limiter": dict})
    pages = {"tasks": ["tasks", "waits"], "pprof": ["cmdline", "goroutine", "symbol"]}
    found = content(app)
    assert found["sources"][:2] == OWN[:2]
    assert found["sources"][-5:] == [*SHARED, "limiter", "all"]
    assert all(set(names) <= set(found[tree]) for tree, names in pages.items())
    assert content(DebugApp()) == {"sources": [*SHARED, "all"], **pages}


def test_statistics_become_json():
    table = RouteTable({"GET /feed": RoutePolicy(cost=20, criticality="sheddable")})
    app = DebugApp(
        Runtime(Settings()),
        sources={"limiter": lambda: Numbers(50.0, {"limit": 3}), "routes": table.statistics},
    )
    assert content(app, "/limiter") == {"limiter": {"limit": 50.0, "by_reason": {"limit": 3}}}
    route = content(app, "/routes")["routes"]["routes"][0]
    assert (route["name"], route["cost"], route["criticality"]) == ("GET /feed", 20, "sheddable")
    assert content(app, "/runtime")["runtime"]["requests"] == 0
    assert content(app, "/requests")["requests"] == {"open": 0, "busiest": []}
    assert content(app, "/pressure")["pressure"]["level"] == "normal"
    assert set(content(app, "/all/")) >= {*OWN, "limiter", "routes"}


def test_a_runtime_shows_its_limiter_routes_and_rules(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\nname = "lag"\nwhen = "loop_lag > 1s"\naction = { sample = 10 }\n')
    settings = ShedSettings(routes={"GET /feed": RoutePolicy(cost=20)})
    shed = Shed(settings, rules=RulesFile(rules), service="shop", enforce=False)
    app = DebugApp(Runtime(Settings(), shed))
    sources = content(app)["sources"]
    assert sources[:5] == [*OWN[:2], "limiter", "routes", "rules"]
    assert sources[-4:] == [*SHARED, "all"]
    found = content(app, "/all")
    assert "errors" not in found
    assert (found["limiter"]["name"], found["limiter"]["inflight"]) == ("shop", 0)
    assert found["routes"]["routes"][0]["name"] == "GET /feed"
    assert found["rules"]["rules"][0]["name"] == "lag"


def test_what_json_has_no_word_for_is_shown_as_it_shows_itself():
    class State(Enum):
        OPEN = "open"

    sources = {
        "odd": lambda: {
            "scope": snowshed.WeightedSemaphore(2),
            "state": State.OPEN,
            "rate": math.inf,
            "names": {"a"},
            "counts": Counter("aa"),
        }
    }
    assert content(DebugApp(sources=sources), "/odd")["odd"] == {
        "scope": "<WeightedSemaphore: 0 of 2 held, 0 waiting>",
        "state": "open",
        "rate": None,
        "names": ["a"],
        "counts": {"a": 2},
    }


def test_sources_that_come_later_are_shown():
    sources = {}
    app = DebugApp(sources=sources)
    assert ask(app, "/limiter")[0] == 404
    sources["limiter"] = lambda: 1
    assert content(app, "/limiter") == {"limiter": 1}


def test_a_source_that_fails_is_an_entry_not_a_500(caplog):
    class Odd:
        def __repr__(self) -> str:
            raise RecursionError("endless")

    app = DebugApp(sources={"broken": lambda: 1 / 0, "odd": Odd, "fine": lambda: 1})
    with caplog.at_level(logging.ERROR, "snowshed.debug"):
        found = content(app, "/all")
        content(app, "/broken")
    assert (found["fine"], found["broken"], found["odd"]) == (1, None, None)
    assert found["errors"]["broken"] == "ZeroDivisionError: division by zero"
    assert found["errors"]["odd"] == "RecursionError: endless"
    assert [record.getMessage() for record in caplog.records] == [
        "the debug source 'broken' failed",
        "the debug source 'odd' failed",
    ]


def test_an_unknown_name_says_what_there_is():
    status, headers, problem = ask(DebugApp(sources={"limiter": dict}), "/limitr")
    assert (status, headers[b"content-type"]) == (404, b"application/problem+json")
    there = "pressure, features, targets, limiter, all, tasks, waits"
    assert problem["detail"] == f"nothing of that name; there are: {there}"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_only_reads(method):
    status, headers, _ = ask(DebugApp(), method=method)
    assert (status, headers[b"allow"]) == (405, b"GET, HEAD")


def test_head_is_get_without_the_body():
    status, headers, body = ask(DebugApp(), method="HEAD")
    assert (status, body) == (200, None)
    assert int(headers[b"content-length"]) > 2


@pytest.mark.parametrize(
    "peer",
    [
        {"client": ("127.0.0.1", 1)},
        {"client": ("127.8.8.8", 1)},
        {"client": ("::1", 1)},
        {"client": ("::ffff:127.0.0.1", 1)},
        UNIX,
        {"client": ("", 0), "server": ("/run/app.sock", None)},
    ],
)
def test_this_machine_may_look(peer):
    assert ask(DebugApp(), **peer)[0] == 200


@pytest.mark.parametrize(
    "peer",
    [
        {"client": ("10.0.0.7", 1)},
        {"client": ("::ffff:10.0.0.7", 1)},
        {"client": ("localhost.example.org", 1)},
        {"client": None},
        {"client": None, "server": None},
        {"headers": [("x-forwarded-for", "127.0.0.1")]},
        {"headers": [("forwarded", "for=127.0.0.1")]},
        {"headers": [("via", "1.1 proxy")]},
        {"headers": [("x-forwarded-host", "shop.example.com")]},
        {"headers": [("x-forwarded-proto", "https")]},
        UNIX | {"headers": [("x-real-ip", "10.0.0.7")]},
    ],
)
def test_others_may_not_unless_told(peer):
    status, _, problem = ask(DebugApp(sources={"secret": dict}), **peer)
    assert status == 403
    assert "secret" not in str(problem)
    assert ask(DebugApp(allow_remote=True), **peer)[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (None, 401),
        ("Bearer s3cret", 200),
        ("bearer  s3cret ", 200),
        ("Bearer s3cre", 401),
        ("Bearer s3cret2", 401),
        ("Bearer", 401),
        ("Basic s3cret", 401),
        ("s3cret", 401),
    ],
)
def test_a_token_is_asked_for(sent, status):
    headers = [] if sent is None else [("authorization", sent)]
    found = ask(DebugApp(token="s3cret"), headers=headers)
    assert found[0] == status
    assert (found[1].get(b"www-authenticate") == b"Bearer") is (status == 401)


def test_a_token_does_not_open_it_to_others():
    headers = [("authorization", "Bearer s3cret")]
    stranger = {"client": ("10.0.0.7", 1), "headers": headers}
    assert ask(DebugApp(token="s3cret"), **stranger)[0] == 403
    assert ask(DebugApp(token="s3cret", allow_remote=True), **stranger)[0] == 200


@pytest.mark.parametrize("token", ["", "  "])
def test_a_token_from_an_unset_variable_is_refused(token):
    with pytest.raises(ValueError, match="the token is empty"):
        DebugApp(token=token)


@pytest.mark.parametrize("name", ["tasks", "waits", "sites", "history", "all", "pprof", ""])
def test_a_source_that_a_page_would_hide_is_refused(name):
    with pytest.raises(ValueError, match=f"a source cannot be called {name!r}, as a page is"):
        DebugApp(sources={name: dict})


def test_repr_keeps_the_token():
    app = DebugApp(sources={"limiter": dict}, token="s3cret")
    assert (
        repr(app) == "<DebugApp pressure, features, targets, limiter, tasks, waits"
        " for this machine with a token>"
    )


def test_it_can_be_served_alone_and_refuses_websockets():
    async def main():
        incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        sent = []

        async def receive():
            return incoming.pop(0)

        async def send(message):
            sent.append(message["type"])

        await DebugApp()({"type": "lifespan"}, receive, send)
        await DebugApp()({"type": "websocket"}, receive, send)
        return sent

    assert asyncio.run(main()) == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
        "websocket.close",
    ]


APP = """
import snowshed
from fastapi import FastAPI
from snowshed.integrations.debug import DebugApp

app = FastAPI()
app.mount("/debug/snowshed", DebugApp(snowshed.init(), token="s3cret"))

@app.get("/")
async def root() -> str:
    return "fine"
"""


@pytest.mark.server
def test_mounted_in_a_service_on_a_real_server(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", "{port}"]
    with _serving.serving(command, tmp_path) as server:
        bearer = {"authorization": "Bearer s3cret"}
        assert server.get("/debug/snowshed/").status == 401
        sources = server.get("/debug/snowshed/", **bearer).json()["sources"]
        assert (sources[:2], sources[-4:]) == (OWN[:2], [*SHARED, "all"])
        before = server.get("/debug/snowshed/runtime", **bearer).json()["runtime"]["requests"]
        server.get("/")
        after = server.get("/debug/snowshed/runtime", **bearer).json()["runtime"]["requests"]
        assert after == before + 2
        assert server.get("/debug/snowshed/requests", **bearer).json()["requests"] == {
            "open": 1,
            "busiest": [{"name": "GET /debug/snowshed/requests", "live": 0}],
        }
        assert server.get("/debug/snowshed/nothing", **bearer).status == 404
        forwarded = {**bearer, "x-forwarded-for": "10.0.0.7"}
        assert server.get("/debug/snowshed/", **forwarded).status == 403
