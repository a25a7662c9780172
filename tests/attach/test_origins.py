"""Where tasks come from, in requests, scopes and outside; as Python 3.12 tells it, and without."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import pytest

from _virtual import virtual
from attach._attached import attached
from snowshed.attach import _origins
from snowshed.attach._origins import Origins
from snowshed.core import open_scope
from snowshed.integrations.asgi import RequestScopeMiddleware

if TYPE_CHECKING:
    from snowshed.attach._runtime import Runtime

WAYS = [False, *([True] if sys.version_info >= (3, 12) else [])]


@pytest.fixture(params=WAYS, ids=lambda way: "by context" if way else "by budgets", autouse=True)
def tells_context(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_origins, "TELLS_CONTEXT", request.param)


async def waits() -> None:
    await asyncio.sleep(1000)


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: object) -> None: ...


async def in_request(
    handle: Callable[[], Coroutine[Any, Any, None]], *, enforce: bool = False
) -> None:
    async def app(_scope: object, _receive: object, _send: object) -> None:
        await handle()

    middleware = RequestScopeMiddleware(app, budget=50, enforce=enforce)
    scope = {"type": "http", "method": "GET", "path": "/cart/7", "headers": []}
    await middleware(scope, _receive, _send)


def origins(runtime: Runtime) -> Origins:
    return Origins(runtime.registry, runtime._open_budgets)


def both(runtime: Runtime, task: asyncio.Task[Any]) -> tuple[Any, ...]:
    """What is told of a task alone, which must be what is told of it among many."""
    one = origins(runtime).of(task)
    many = origins(runtime).for_many().of(task)
    assert one == many
    assert one is not None
    return one


@pytest.mark.parametrize("enforce", [False, True])
@virtual
async def test_a_task_of_a_request(enforce: bool) -> None:
    seen: list[Any] = []

    async def handle() -> None:
        task = asyncio.create_task(waits())
        seen.extend((both(runtime, task), both(runtime, asyncio.current_task())))  # type: ignore[arg-type]
        task.cancel()

    with attached(mode="enforce" if enforce else "observe") as runtime:
        await in_request(handle, enforce=enforce)
    line, owner, request, scope, age = seen[0]
    assert (line.file, line.function.rpartition(".")[2]) == (__file__, "handle")
    assert (owner, request, scope, age) == ("user", "GET /cart/7", "", None)
    assert seen[1][2] == "GET /cart/7"


@virtual
async def test_looking_leaves_a_light_request_as_light_as_it_was() -> None:
    kinds: list[Any] = []

    async def handle() -> None:
        task = asyncio.create_task(waits())
        kinds.extend(map(type, runtime._open_budgets()))
        both(runtime, task)
        kinds.extend(map(type, runtime._open_budgets()))
        task.cancel()

    with attached() as runtime:
        await in_request(handle)
    before, after = kinds
    assert before is after


@virtual
async def test_a_task_of_a_scope_in_a_request_and_of_one_inside_that() -> None:
    seen: list[Any] = []

    async def handle() -> None:
        async with open_scope("load") as outer, open_scope("images") as inner:
            for scope in (outer, inner):
                task = await scope.spawn(waits)
                seen.append(both(runtime, task)[2:4])
                task.cancel()

    with attached() as runtime:
        await in_request(handle)
    assert seen == [("GET /cart/7", "load"), ("GET /cart/7", "images")]


@virtual
async def test_a_task_of_a_scope_outside_of_requests_and_one_of_neither() -> None:
    with attached() as runtime:
        async with open_scope("nightly") as scope:
            task = await scope.spawn(waits)
            assert both(runtime, task)[2:4] == ("", "nightly")
            task.cancel()
        task = asyncio.create_task(waits())
        assert both(runtime, task)[2:4] == ("", "")
        task.cancel()


@virtual
async def test_an_old_task_has_an_age() -> None:
    with attached() as runtime:
        task = asyncio.create_task(waits())
        clock = runtime.registry.clock
        now = clock()
        runtime.registry.clock = lambda: now + 1
        for table in runtime.registry.tables():
            table.look()
        runtime.registry.clock = lambda: now + 10
        line, _, _, _, age = both(runtime, task)
        assert line.file == __file__
        assert 8.5 < age < 10
        task.cancel()


@virtual
async def test_a_task_that_was_made_past_the_factory_has_no_line() -> None:
    with attached() as runtime:
        task = asyncio.Task(waits())
        assert both(runtime, task) == (None, "user", "", "", None)
        task.cancel()


@virtual
async def test_one_that_has_ended_and_is_kept_is_of_the_line_of_its_function() -> None:
    with attached() as runtime:
        lasting, short = (asyncio.create_task(waits()) for _ in range(2))
        for table in runtime.registry.tables():
            table.look()
        short.cancel()
        await asyncio.wait([short])
        await asyncio.sleep(0)
        line, owner, _, _, age = both(runtime, short)
        assert (line.file, owner, age) == (__file__, "user", None)
        lasting.cancel()
