"""Names that are no UTF-8: one task that has such a name must not hide the others."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from dataclasses import replace

import pytest

from _snapshots import LOCK, SHOP, snapshot, task
from snowshed.integrations._debug import Observed, Pages, _rows
from snowshed.integrations._debug._json import as_json
from snowshed.integrations.debug import DebugApp
from snowshed.model import Frame
from snowshed.observe._serve._exchange import Request, Response

# As Python reads a path or an argument that has the byte ff.
ODD = "caf\udcff"
SHOWN = "caf\\udcff"
WHERE = Frame(ODD, f"/srv/{ODD}.py", 3)
FOUND = [
    task(1),
    task(
        2,
        name=ODD,
        request=ODD,
        scope=ODD,
        function=WHERE,
        stack=(WHERE,),
        resource=replace(LOCK, id=2, text=ODD),
    ),
]


def ask(path: str, query: str = "", **sources: object) -> Response:
    pages = Pages(
        observed=Observed(snapshot=lambda: snapshot(FOUND)),
        sources=sources,  # type: ignore[arg-type]
    )
    return pages.answer(Request(path, query=query, peer="127.0.0.1"))


def test_each_task_is_shown() -> None:
    first, second = _rows.read(ask("/tasks").body)
    assert first == FOUND[0]
    assert (second.name, second.request, second.scope) == (SHOWN, SHOWN, SHOWN)
    assert second.function == Frame(SHOWN, f"/srv/{SHOWN}.py", 3)
    assert second.resource == replace(LOCK, id=2, text=SHOWN)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/tasks", "group-by=function,request"),
        ("/waits", ""),
        ("/waits", "format=text"),
    ],
)
def test_every_page_shows_them(path: str, query: str) -> None:
    response = ask(path, query)
    assert response.status == 200
    shown = response.body.decode()
    assert SHOWN in (str(json.loads(shown)) if shown[0] == "{" else shown).replace("\\\\", "\\")


def test_a_source_shows_them() -> None:
    found = json.loads(ask("/scopes", scopes=lambda: {ODD: [ODD, {ODD}, SHOP, math.inf]}).body)
    plain = {"function": "checkout", "file": "/srv/shop/app.py", "line": 41}
    assert found["scopes"] == {SHOWN: [SHOWN, [SHOWN], plain, None]}


@pytest.mark.parametrize("path", ["/all", "/tasks", "/pprof/goroutine"])
def test_an_error_shows_them(path: str, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> object:
        raise OSError(ODD)

    pages = Pages(observed=Observed(snapshot=fail), sources={"disk": fail})  # type: ignore[arg-type]
    with caplog.at_level(logging.CRITICAL):
        body = pages.answer(Request(path, peer="127.0.0.1")).body.decode()
    assert f"OSError: {SHOWN}" in body.replace("\\\\", "\\")


def test_what_json_has_words_for_stays_as_it_is() -> None:
    assert as_json({"a": [1, None, "é"], "b": {2}}) == '{"a":[1,null,"é"],"b":[2]}'.encode()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whoever_asks_is_answered_whatever_ends_the_page() -> None:
    def leave() -> object:
        raise SystemExit

    class Runtime:
        observed = Observed(snapshot=leave)  # type: ignore[arg-type]

        def statistics(self) -> object:
            return None

    async def main() -> list[int]:
        sent = []

        async def send(message: dict) -> None:
            sent.append(message)

        async def receive() -> dict:
            return {"type": "http.request"}

        scope = {"type": "http", "method": "GET", "path": "/tasks", "headers": []}
        asked = DebugApp(Runtime())({**scope, "client": ("::1", 1)}, receive, send)  # type: ignore[arg-type]
        await asyncio.wait_for(asked, 30)
        return [each["status"] for each in sent if "status" in each]

    assert asyncio.run(main()) == [500]
