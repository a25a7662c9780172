"""The pages over real sockets, and the real tools of Go, which must not notice the difference."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import _go
from _snapshots import LOCK, line_of, snapshot, task, thread
from snowshed.formats import pprof as pprof_format
from snowshed.integrations import debug
from snowshed.integrations._debug import Access, Observed, Pages
from snowshed.integrations.debug import DebugApp
from snowshed.model import (
    Frame,
    Profile,
    Resource,
    Sample,
    Stack,
    TaskState,
    ValueType,
)
from snowshed.observe._serve import _place
from snowshed.observe._serve._serve import Server

if TYPE_CHECKING:
    from snowshed.observe._snapshot._snapshot import Snapshot

HERE = __file__
LOCKS = asyncio.locks.__file__
QUEUES = asyncio.queues.__file__
CONTENTIONS = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))


async def checkout(lock: asyncio.Lock) -> None:
    async with lock:  # the line where carts wait
        pass


AT_LOCK: Stack = (
    Frame("Lock.acquire", LOCKS, line_of(LOCKS, "async def acquire")),
    Frame("checkout", HERE, line_of(HERE, "the line where carts wait")),
)
AT_QUEUE: Stack = (
    Frame("Queue.get", QUEUES, line_of(QUEUES, "async def get")),
    Frame("mail", HERE, 1),
)
QUEUE = Resource(2, "asyncio.Queue", "<asyncio.Queue>", 20)


def found() -> Snapshot:
    waiting = [task(n, stack=AT_LOCK, resource=LOCK, age=n / 10) for n in range(80)]
    idle = [
        task(100 + n, stack=AT_QUEUE, state=TaskState.QUEUE_GET, resource=QUEUE, age=700.0)
        for n in range(20)
    ]
    return snapshot([*waiting, *idle, thread(999)])


OBSERVED = Observed(
    snapshot=found,
    block_profile=lambda: Profile(
        CONTENTIONS, (Sample(AT_LOCK, (5, 2_000_000_000)),), CONTENTIONS[0], 1
    ),
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        monkeypatch.setenv(_place.VARIABLE, folder)
        pages = Pages(observed=OBSERVED, mount="/debug", access=Access())
        server = Server(pages.answer, port=0)
        server.start()
        yield server
        server.stop()


def pprof(server: Server, *arguments: str, path: str = "goroutine") -> str:
    return _go.go_tool_pprof(*arguments, f"http://127.0.0.1:{server.port}/debug/pprof/{path}")


def test_go_tool_pprof_ranks_what_tasks_wait_at(server: Server) -> None:
    top = pprof(server, "-top", "-cum")
    assert "Type: goroutine" in top
    assert "Showing nodes accounting for 101, 100% of 101 total" in top
    rows = [line.split() for line in top.splitlines()[4:]]
    flat = {row[-1]: int(row[0]) for row in rows}
    assert flat["asyncio.locks.Lock.acquire"] == 80
    assert flat["asyncio.queues.Queue.get"] == 20
    assert re.search(r" 80 79\.21%  (\w+\.)*test_debug_served\.checkout$", top, re.MULTILINE)


def test_go_tool_pprof_lists_and_filters_by_labels(server: Server) -> None:
    tags = pprof(server, "-tags")
    states = r"state: Total 101 .*\n +80 \(79\.21%\): lock\n +20 \(19\.80%\): queue get\n +1 "
    assert re.search(states, tags)
    assert re.search(r"kind: Total 101 .*\n +100 \(99\.01%\): task\n +1 .*: thread\n", tags)
    assert re.search(r"80 \(79\.21%\): asyncio\.Lock", tags)
    assert re.search(r"20 \(19\.80%\): 10m-1h", tags)
    focused = pprof(server, "-top", "-tagfocus", "state=queue get")
    assert "asyncio.queues.Queue.get" in focused
    assert "Lock.acquire" not in focused
    assert "accounting for 20," in pprof(server, "-top", "-tagfocus", "age_bucket=10m-1h")
    assert "accounting for 81," in pprof(server, "-top", "-tagignore", "resource=asyncio.Queue")


def test_go_tool_pprof_shows_the_source(server: Server) -> None:
    listed = pprof(server, "-list", "test_debug_served.checkout")
    assert re.search(r"\. +80 +\d+: +async with lock:  # the line where carts wait", listed)


def test_go_tool_pprof_shows_stacks(server: Server) -> None:
    traces = pprof(server, "-traces")
    assert re.search(
        r" 70   asyncio\.locks\.Lock\.acquire\n +\S*test_debug_served\.checkout", traces
    )
    assert re.search(" state:  queue get\n", traces)


def test_go_tool_pprof_compares_and_reads_delays(server: Server, tmp_path: Path) -> None:
    delays = pprof(server, "-top", path="block")
    assert "Type: delay" in delays
    assert "2s   100%   100%" in delays
    base = tmp_path / "base.pb.gz"
    base.write_bytes(get(server, "/debug/pprof/goroutine")[2])
    diff = pprof(server, "-top", "-diff_base", str(base))
    assert "accounting for 0, 0% of 101 total" in diff


def test_go_tool_pprof_shows_its_user_why_it_gets_nothing(server: Server) -> None:
    with pytest.raises(
        AssertionError, match="Unknown profile: Python keeps no profile of its heap"
    ):
        pprof(server, "-top", path="heap")


def get(server: Server, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def test_the_headers_over_a_wire_are_those_of_go(server: Server) -> None:
    status, headers, body = get(server, "/debug/pprof/goroutine")
    assert (status, headers["content-type"]) == (200, "application/octet-stream")
    assert headers["content-disposition"] == 'attachment; filename="goroutine"'
    assert headers["x-content-type-options"] == "nosniff"
    assert int(headers["content-length"]) == len(body)
    assert get(server, "/debug/pprof/goroutine?debug=2")[1]["content-type"] == (
        "text/plain; charset=utf-8"
    )
    assert get(server, "/debug/pprof")[1]["location"] == "pprof/"


def test_a_proxy_that_forwards_from_elsewhere_is_refused(server: Server) -> None:
    status, _, body = get(server, "/debug/pprof/goroutine", Forwarded="for=10.0.0.7")
    assert (status, body[:21]) == (403, b"only for this machine")


@pytest.fixture
def runtime() -> object:
    class Runtime:
        observed = OBSERVED

        def statistics(self) -> object:
            return {"requests": 0}

    return Runtime()


def client_of(app: object) -> object:
    from starlette.testclient import TestClient

    return TestClient(app, client=("127.0.0.1", 40000))  # type: ignore[arg-type]


@pytest.mark.parametrize("mount", ["/debug", "/debug/snowshed"])
def test_mounted_in_fastapi_both_trees_answer(mount: str, runtime: DebugApp) -> None:
    fastapi = pytest.importorskip("fastapi")
    app = fastapi.FastAPI()
    app.mount(mount, DebugApp(runtime))
    client = client_of(app)
    index = client.get("/debug/snowshed/").json()  # type: ignore[attr-defined]
    assert index["tasks"] == ["tasks", "waits"]
    assert index["pprof"] == ["block", "cmdline", "goroutine", "symbol"]
    tree = "/debug/pprof" if mount == "/debug" else "/debug/snowshed/pprof"
    profile = client.get(f"{tree}/goroutine")  # type: ignore[attr-defined]
    assert (profile.status_code, profile.content[:2]) == (200, b"\x1f\x8b")
    listed = client.get(tree)  # type: ignore[attr-defined]
    assert (listed.status_code, str(listed.url)) == (200, f"http://testserver{tree}/")
    tasks = client.get("/debug/snowshed/tasks?group-by=state").json()  # type: ignore[attr-defined]
    assert tasks["groups"][0] == {"count": 80, "oldest": 7.9, "state": "lock"}


async def ask(app: DebugApp, path: str) -> tuple[int, bytes]:
    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    async def receive() -> dict:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": ("::1", 1)}
    await app(scope, receive, send)  # type: ignore[arg-type]
    return sent[0]["status"], sent[1]["body"]


def app_over(snapshot: object) -> DebugApp:
    class Runtime:
        observed = Observed(snapshot=snapshot)  # type: ignore[arg-type]

        def statistics(self) -> object:
            return None

    return DebugApp(Runtime())


def test_a_long_look_does_not_hold_the_loop() -> None:
    async def main() -> None:
        begun, go_on = threading.Event(), threading.Event()

        def look() -> Snapshot:
            begun.set()
            go_on.wait(10)
            return found()

        asked = asyncio.create_task(ask(app_over(look), "/tasks"))
        while not begun.is_set():
            await asyncio.sleep(0)
        go_on.set()
        status, body = await asked
        assert (status, json.loads(body)["total"]) == (200, 101)

    asyncio.run(main())


def test_a_process_that_nobody_watches_can_be_looked_at() -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        await lock.acquire()
        waiting = [asyncio.create_task(checkout(lock)) for _ in range(3)]
        await asyncio.sleep(0)
        status, body = await ask(DebugApp(), "/pprof/goroutine")
        assert status == 200
        states = {dict(s.labels)["state"]: s for s in pprof_format.read(body).samples}
        assert states["lock"].values == (3,)
        where = [
            frame.function.rpartition("test_debug_served.")[2] for frame in states["lock"].stack
        ]
        enter = "asyncio.locks._ContextManagerMixin.__aenter__"
        assert where == ["asyncio.locks.Lock.acquire", enter, "checkout"]
        lock.release()
        await asyncio.gather(*waiting)

    asyncio.run(main())


def test_two_looks_are_one_after_the_other() -> None:
    together = threading.Barrier(2)
    met = []

    def look() -> Snapshot:
        try:
            met.append(together.wait(0.05))
        except threading.BrokenBarrierError:
            together.reset()
        return found()

    async def main() -> None:
        app = app_over(look)
        paths = ("/tasks", "/waits", "/pprof/goroutine", "/pprof/")
        answers = await asyncio.gather(*(ask(app, path) for path in paths))
        assert [status for status, _ in answers] == [200] * 4

    asyncio.run(main())
    assert met == []


def test_more_long_looks_than_eight_at_once_are_sent_away() -> None:
    async def main() -> None:
        go_on = threading.Event()

        def look() -> Snapshot:
            go_on.wait(10)
            return snapshot([])

        complaints: list[dict] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        app = app_over(look)
        asked = [asyncio.create_task(ask(app, "/tasks")) for _ in range(debug.LONG_AT_ONCE)]
        await asyncio.sleep(0)
        assert (await ask(app, "/waits"))[0] == 503
        assert (await ask(app, "/pressure"))[0] == 200
        asked[0].cancel()  # who leaves keeps the place until the look has ended
        go_on.set()
        statuses = [(await each)[0] for each in asked[1:]]
        assert statuses == [200] * (debug.LONG_AT_ONCE - 1)
        assert (await ask(app, "/tasks"))[0] == 200
        assert complaints == []

    asyncio.run(main())


def test_a_look_that_fails_is_a_500_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    app = app_over(lambda: 1 // 0)
    for path in ("/tasks", "/tasks", "/pprof/goroutine"):
        status, body = asyncio.run(ask(app, path))
        assert status == 500
        assert b"ZeroDivisionError: integer division or modulo by zero" in body
    assert caplog.messages == [
        "the debug page /tasks failed",
        "the debug page /pprof/goroutine failed",
    ]
