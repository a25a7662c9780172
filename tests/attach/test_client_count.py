"""Clients are counted by the line that makes them, as long as they are open, and not changed."""

from __future__ import annotations

import _thread
import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import _needs
from _snapshots import line_of
from snowshed.attach import Runtime, Settings
from snowshed.attach._client_count import LINES_AT_MOST, ClientCount

MAKING = Path(__file__).parent / "_making.py"


@pytest.mark.parametrize(
    ("library", "mode"),
    [
        ("aiohttp", "observe"),
        ("aiohttp", "enforce"),
        ("httpx", "enforce"),
        ("httpx2", "observe"),
        ("redis", "observe"),
    ],
)
def test_each_line_has_its_clients(library: str, mode: str) -> None:
    _needs.module(library)
    done = subprocess.run(
        [sys.executable, str(MAKING), library, mode],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "snowshed failed" not in done.stderr
    rows = {row["created_at"]["line"]: row for row in json.loads(done.stdout)}
    counts = {
        mark: (rows[number]["created"], rows[number]["live"])
        for mark in ("kept", "closed", "dropped")
        for number in [line_of(MAKING, f"# {mark}")]
    }
    # A client of redis does not tell whether it is closed.
    closed = 2 if library == "redis" else 0
    assert counts == {"kept": (3, 3), "closed": (2, closed), "dropped": (1, 0)}
    assert {row["created_at"]["function"] for row in rows.values()} == {"make"}


class Client:
    def __init__(self, name: str = "") -> None:
        """Make one."""
        if name == "bad":
            raise ValueError(name)
        self.closed = False


def counted(kind: type) -> tuple[ClientCount, Callable[..., Any]]:
    """A count of clients, and the class to make them of."""
    module = ModuleType("aiohttp.client")
    module.ClientSession = type("ClientSession", (kind,), {"__init__": kind.__init__})  # type: ignore[attr-defined]
    runtime = Runtime(Settings())
    runtime.clients.changes(runtime)["aiohttp.client"](module)
    made: Callable[..., Any] = module.ClientSession  # type: ignore[attr-defined]
    return runtime.clients, made


def test_who_is_gone_or_closed_is_not_there() -> None:
    count, make = counted(Client)
    clients = [make() for _ in range(5)]
    clients[0].closed = True
    clients.pop()
    gc.collect()
    (row,) = count.statistics()
    assert (row.kind, row.created, row.live) == ("aiohttp.ClientSession", 5, 3)
    assert row.created_at.file == __file__
    clients.clear()
    gc.collect()
    assert [len(line.there) for line in count._lines.values()] == [0], "nothing is kept of them"


def test_the_clients_are_made_as_before() -> None:
    count, make = counted(Client)
    assert make.__init__.__doc__ == "Make one."  # type: ignore[misc]
    with pytest.raises(ValueError, match="bad"):
        make("bad")
    assert count.statistics() == []


def test_what_cannot_be_counted_is_made_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    class Slotted:
        __slots__ = ()

        def __init__(self) -> None:
            pass

    count, _ = counted(Client)
    runtime = Runtime(Settings())
    made = Slotted()
    runtime.guarded("counting clients", None, count.note, made, "x", sys._getframe())
    runtime.guarded("counting clients", None, count.note, made, "x", sys._getframe())
    assert caplog.text.count("snowshed failed at counting clients") == 1


def test_clients_without_a_hash_that_are_all_equal_are_counted_each() -> None:
    class Equal(Client):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    count, make = counted(Equal)
    clients = [make() for _ in range(3)]
    assert [row.live for row in count.statistics()] == [3]
    del clients[0]
    gc.collect()
    assert [row.live for row in count.statistics()] == [2]


def test_one_that_is_made_by_no_line_at_all_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    failures: list[object] = []

    class Kept(Client):
        def __init__(self) -> None:
            super().__init__()
            kept.append(self)

    monkeypatch.setattr(sys, "unraisablehook", lambda failure: failures.append(failure.exc_value))
    count, make = counted(Kept)
    _thread.start_new_thread(make, ())
    give_up = time.monotonic() + 10
    while not (count.statistics() or failures) and time.monotonic() < give_up:
        time.sleep(0.01)
    assert failures == []
    assert [(row.created_at.function, row.live) for row in count.statistics()] == [("elsewhere", 1)]


def test_one_that_cannot_say_whether_it_is_closed_is_there() -> None:
    class Torn(Client):
        def __getattribute__(self, name: str) -> Any:
            if name == "closed":
                raise AttributeError(name)
            return super().__getattribute__(name)

    count, make = counted(Torn)
    kept = make()
    assert [row.live for row in count.statistics()] == [1]
    del kept


def test_lines_beyond_the_first_are_counted_together() -> None:
    count, _ = counted(Client)
    kept = []
    for number in range(LINES_AT_MOST + 30):
        namespace: dict[str, Any] = {"sys": sys}
        exec(compile("frame = sys._getframe()", f"/srv/app{number}.py", "exec"), namespace)
        kept.append(Client())
        count.note(kept[-1], "aiohttp.ClientSession", namespace["frame"])
    rows = count.statistics()
    assert len(rows) == LINES_AT_MOST + 1
    assert (rows[0].created_at.function, rows[0].live) == ("elsewhere", 30)


def test_a_pool_that_fills_itself_makes_no_clients() -> None:
    count, _ = counted(Client)
    namespace: dict[str, Any] = {"sys": sys}
    code = compile("frame = sys._getframe()", "/lib/site-packages/asyncpg/pool.py", "exec")
    exec(code, namespace)
    count.note(Client(), "asyncpg.Connection", namespace["frame"])
    assert count.statistics() == []


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (("httpx/_client.py", "shop/app.py", "uvicorn/server.py"), "shop/app.py"),
        (("httpx/_client.py",), ""),
    ],
)
def test_a_program_that_was_installed_has_lines_too(files: tuple[str, ...], line: str) -> None:
    count, _ = counted(Client)
    packages = Path(os.__file__).parent / "site-packages"
    client = Client()

    def call() -> None:
        count.note(client, "httpx.AsyncClient", sys._getframe(1))

    for file in files:
        namespace: dict[str, Any] = {"call": call}
        exec(compile("def outer():\n    call()", str(packages / file), "exec"), namespace)
        call = namespace["outer"]
    # Beneath is only the standard library, and not this test.
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    [row] = count.statistics()
    assert row.created_at.file == (str(packages / line) if line else "")
