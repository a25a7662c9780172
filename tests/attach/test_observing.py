"""What looks at the tasks of a process, as a whole, asked over its socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from snowshed.attach._observing import _Every
from snowshed.formats import pprof

SERVICE = """
import asyncio, json, sys, time, urllib.request, threading
import snowshed

runtime = snowshed.init(observe={observe!r})

def ask(path):
    import http.client, socket
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(runtime._observing.server.addresses()[0])
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())

async def waits():
    await asyncio.sleep(1000)

async def fails():
    raise LookupError

{body}

{run}
"""


def printed(folder: Path, body: str, run: str = "asyncio.run(main())", **observe: Any) -> Any:
    program = SERVICE.format(observe=observe, body=body, run=run)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "SNOWSHED_DEBUG_DIR": str(folder / "debug")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


FLOOD = """
async def main():
    tasks = [asyncio.create_task(waits()) for _ in range(30)]
    await asyncio.sleep(0.01)
    print(json.dumps(await asyncio.to_thread(ask, "/debug/snowshed/{page}")))
"""


@pytest.mark.parametrize("loop", ["asyncio.run(main())", "import uvloop; uvloop.run(main())"])
def test_the_lines_that_made_tasks_a_moment_ago(tmp_path: Path, loop: str) -> None:
    page = printed(tmp_path, FLOOD.format(page="sites"), loop)
    counts = {row["created_at"]["function"]: (row["created"], row["live"]) for row in page["sites"]}
    assert counts["main.<locals>.<listcomp>" if sys.version_info < (3, 12) else "main"] == (30, 30)


@pytest.mark.parametrize("by", ["created-at", "created-at,state"])
def test_each_task_with_its_line(tmp_path: Path, by: str) -> None:
    page = printed(tmp_path, FLOOD.format(page=f"tasks?group-by={by}"))
    [created_at] = [group["created_at"] for group in page["groups"] if group["count"] == 30]
    assert "main" in created_at


def test_the_pages_are_loaded_before_somebody_asks(tmp_path: Path) -> None:
    body = """
async def main():
    before = "snowshed.integrations._debug._tasks" in sys.modules
    give_up = time.monotonic() + 30
    while runtime._observing._pages is None and time.monotonic() < give_up:
        await asyncio.sleep(0.05)
    loaded = "snowshed.integrations._debug._tasks" in sys.modules
    pages = runtime._observing._pages
    await asyncio.to_thread(ask, "/debug/snowshed/tasks?group-by=owner")
    print(json.dumps([before, loaded, pages is runtime._observing._pages]))
"""
    assert printed(tmp_path, body) == [False, True, True]


def test_a_program_that_ends_at_once_loads_no_pages(tmp_path: Path) -> None:
    body = """
async def main():
    await asyncio.sleep(0)
    print(json.dumps("snowshed.integrations._debug._tasks" in sys.modules))
"""
    assert printed(tmp_path, body) is False


def test_scopes_pools_and_channels(tmp_path: Path) -> None:
    body = """
async def main():
    async with snowshed.open_scope("checkout") as scope:
        await scope.spawn(waits)
        pool = snowshed.WorkerPool(waits, max_workers=2, queue_size=1, name="mail")
        send, receive = snowshed.open_channel(3, name="orders")
        await send.send("secret")
        seen = [await asyncio.to_thread(ask, f"/debug/snowshed/{page}")
                for page in ("scopes", "pools", "channels")]
        print(json.dumps(seen))
        scope.cancel("enough")
        await pool.aclose(drain=False)
"""
    scopes, pools, channels = printed(tmp_path, body)
    assert [(each["name"], each["live"]) for each in scopes["scopes"]["busiest"]] == [
        ("checkout", 2)  # the job that asks, too
    ]
    assert [(each["name"], each["max_workers"]) for each in pools["pools"]] == [("mail", 2)]
    assert [(each["name"], each["buffered"]) for each in channels["channels"]] == [("orders", 1)]


def test_a_failure_that_nobody_asked_for_is_told_by_its_line(tmp_path: Path) -> None:
    body = """
async def main():
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    asyncio.create_task(fails())
    await asyncio.sleep(0.01)
    print(json.dumps(await asyncio.to_thread(ask, "/debug/snowshed/sites")))
"""
    page = printed(tmp_path, body)
    assert [row["unretrieved"] for row in page["sites"] if row["created_at"]["function"] == "main"][
        :1
    ] == [1]


def test_a_blocked_loop_can_be_asked(tmp_path: Path) -> None:
    body = """
async def main():
    asked = threading.Event()
    seen = []
    def asking():
        seen.append(ask("/debug/snowshed/sites"))
        asked.set()
    threading.Thread(target=asking).start()
    asked.wait(30)  # blocks the loop
    print(json.dumps(seen))
"""
    [page] = printed(tmp_path, body)
    assert "sites" in page


def test_a_forked_worker_is_looked_at_by_itself(tmp_path: Path) -> None:
    body = """
import os
async def main():
    tasks = [asyncio.create_task(waits()) for _ in range(3)]
    await asyncio.sleep(0.3)
    page = await asyncio.to_thread(ask, "/debug/snowshed/sites")
    live = sum(row["live"] for row in page["sites"] if row["owner"] == "user")
    print(json.dumps([os.getpid(), runtime._observing.server.addresses()[0], live]))
"""
    run = (
        "import warnings; warnings.simplefilter('error'); asyncio.run(asyncio.sleep(0))\n"
        "child = os.fork()\n"
        "if child == 0:\n    asyncio.run(main())\n    sys.stdout.flush(); os._exit(0)\n"
        "os.waitpid(child, 0)"
    )
    process, socket, live = printed(tmp_path, body, run)
    assert Path(socket).name == f"{process}.sock"
    assert live == 3


def test_a_child_forked_by_a_running_loop_has_none_of_its_tasks(tmp_path: Path) -> None:
    body = """
import os, warnings
def seen():
    decision = runtime._decision
    rows = [row.live for row in runtime.registry.statistics() if row.owner == "user"]
    return [rows, len(runtime.registry.tables()), len(decision.loop_frames)]

async def main():
    tasks = [asyncio.create_task(waits()) for _ in range(3)]
    while runtime.registry.known(tasks[0]) is None:
        await asyncio.sleep(0.01)
    reads, writes = os.pipe()
    # On Python 3.13 a thread that was joined may not have left the system yet.
    warnings.simplefilter("ignore", DeprecationWarning)
    child = os.fork()
    if child == 0:
        os.write(writes, json.dumps(seen()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    print(json.dumps([json.loads(os.read(reads, 1000)), seen()]))
"""
    child, parent = printed(tmp_path, body, debug_socket=False)
    assert child == [[], 0, 0]
    assert parent == [[3], 1, 1]


def test_a_loop_that_ran_before_a_fork_is_known_in_the_child_that_runs_it(tmp_path: Path) -> None:
    body = """
import os
async def main():
    tasks = [asyncio.create_task(waits()) for _ in range(3)]
    while runtime.registry.known(tasks[0]) is None:
        await asyncio.sleep(0.01)
    print(json.dumps([row.live for row in runtime.registry.statistics() if row.owner == "user"]))
"""
    run = (
        "loop = asyncio.new_event_loop()\n"
        "loop.run_until_complete(asyncio.sleep(0))\n"
        "import warnings; warnings.simplefilter('ignore', DeprecationWarning)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    loop.run_until_complete(main()); sys.stdout.flush(); os._exit(0)\n"
        "os.waitpid(child, 0)"
    )
    assert 3 in printed(tmp_path, body, run, debug_socket=False)


def test_what_was_seen_since_the_last_profile_is_kept_when_the_process_ends(tmp_path: Path) -> None:
    body = """
async def main():
    tasks = [asyncio.create_task(waits()) for _ in range(200)]
    while not runtime._observing.sampler.statistics().taken:
        await asyncio.sleep(0.01)
    print("[]")
"""
    kept = tmp_path / "profiles"
    printed(tmp_path, body, probability=1.0, profiles_to=str(kept))
    [profile] = kept.glob("*-wall.pb.gz")
    assert pprof.read(profile.read_bytes()).samples


def test_without_a_sampler_and_a_socket_nothing_is_there(tmp_path: Path) -> None:
    body = """
async def main():
    print(json.dumps([runtime._observing.server.addresses(), runtime._observing.sampler is None]))
"""
    assert printed(tmp_path, body, sampler=False, debug_socket=False) == [[], True]


def test_a_job_is_done_no_more_often_than_it_says() -> None:
    done: list[float] = []
    job = _Every(0.1, done.append)
    for now in (0.0, 0.02, 0.09, 0.1, 0.15, 0.31):
        job(now)
    assert done == [0.0, 0.1, 0.31]


def test_the_sampler_asks_in_passing_whose_an_old_task_is(tmp_path: Path) -> None:
    body = """
async def main():
    task = asyncio.create_task(waits())
    owner = runtime._observing._owner
    young = owner(task)
    while runtime.registry.known(task) is None:
        await asyncio.sleep(0.01)
    print(json.dumps([young, owner(task)]))
"""
    assert printed(tmp_path, body) == [None, "user"]
