"""Each way in which a task is made leads to the line that asked for it."""

from __future__ import annotations

import asyncio
import contextvars
import sys

import pytest

from attach._attached import attached
from attach.test_task_factory import EAGER, LOOPS, Chained, run_on, work
from snowshed.core import open_scope
from snowshed.model import Frame


def _of_this_file(runtime):
    return {
        (row.created_at.line, row.created)
        for row in runtime.registry.statistics()
        if row.created_at.file == __file__
    }


@pytest.mark.parametrize("loop_kind", LOOPS)
@pytest.mark.parametrize("inner", [None, "chained", pytest.param("eager", marks=EAGER)])
def test_the_line_that_asked_is_noted_on_each_way_to_a_task(loop_kind, inner):
    if inner == "eager" and loop_kind == "uvloop" and sys.version_info >= (3, 13):
        pytest.skip("there uvloop 0.23 and the eager factory do not work together, with or without")
    lines = []

    def here():
        lines.append(sys._getframe(1).f_lineno)

    async def main():
        loop = asyncio.get_running_loop()
        if inner == "chained":
            loop.set_task_factory(Chained(loop, asks=True))
        elif inner == "eager":
            loop.set_task_factory(asyncio.eager_task_factory)
        with attached(budget=2) as runtime:
            for _ in range(20):
                await asyncio.create_task(work()), here()
                await loop.create_task(work()), here()
                await asyncio.create_task(work(), name="x"), here()
                await asyncio.create_task(work(), context=contextvars.copy_context()), here()
                await asyncio.ensure_future(work()), here()
                await asyncio.gather(work()), here()
                async with asyncio.TaskGroup() as group:
                    group.create_task(work()), here()
                async with open_scope("x") as scope:
                    await scope.spawn(work), here()
            loop.set_task_factory(None)
            return _of_this_file(runtime)

    seen = run_on(loop_kind, main)
    assert seen == {(line, 20) for line in lines}
    assert len(seen) == 8


@pytest.mark.parametrize("loop_kind", LOOPS)
def test_a_task_that_a_callback_makes_is_noted_by_what_it_runs(loop_kind):
    async def main():
        loop = asyncio.get_running_loop()
        with attached() as runtime:
            loop.call_soon(loop.create_task, work())
            await asyncio.sleep(0.01)
            return [row.created_at for row in runtime.registry.statistics()]

    code = work.__code__
    line = Frame(code.co_qualname, code.co_filename, code.co_firstlineno)
    assert run_on(loop_kind, main) == [line]


@pytest.mark.parametrize("loop_kind", LOOPS)
def test_a_factory_that_is_told_to_thin_out_notes_few_and_counts_all(loop_kind):
    async def main():
        with attached() as runtime:
            [table] = runtime.registry.tables()
            table._note_all_but(31)
            for _ in range(320):
                await asyncio.create_task(work())
            noted = sum(live.noted for live in table.lives())
            runtime.registry.refresh(0.0)
            return noted, _of_this_file(runtime)

    noted, seen = run_on(loop_kind, main)
    assert noted == 10
    assert [created for _, created in seen] == [320]


@pytest.mark.parametrize("loop_kind", LOOPS)
def test_what_a_foreign_factory_makes_that_is_no_task_counts_for_no_line(loop_kind):
    async def main():
        loop = asyncio.get_running_loop()

        def factory(loop, coro, **kwargs):
            made_in_python = coro.__name__ == "odd"
            kind = asyncio.tasks._PyTask if made_in_python else asyncio.Task
            return kind(coro, loop=loop, **kwargs)

        async def odd(): ...

        loop.set_task_factory(factory)
        with attached() as runtime:
            for _ in range(9):
                await asyncio.create_task(odd())
            await asyncio.create_task(work())
            runtime.registry.refresh(0.0)
            seen = _of_this_file(runtime)
        loop.set_task_factory(None)
        return seen

    assert [created for _, created in run_on(loop_kind, main)] == [1]
