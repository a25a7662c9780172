"""Whose task is it: judged on real loops, by the frames and coroutines that they really have."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from types import FrameType, ModuleType
from typing import Any

import anyio
import anyio.from_thread
import pytest

from snowshed.attach._classify import Classifier, TaskClass
from snowshed.attach._settings import Settings

Verdict = tuple[TaskClass, str | None]


async def noop() -> None:
    """Stand in for any piece of work."""


def module(name: str, source: str, **names: object) -> ModuleType:
    """A module that was never installed: what counts is its name in the globals of its frames."""
    made = ModuleType(name)
    made.__dict__.update(names)
    exec(compile(source, f"<{name}>", "exec"), made.__dict__)
    return made


def loop_frame() -> FrameType | None:
    """The frame that runs the loop, as the hook on `_set_running_loop` finds it."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_name != "run_forever":
        frame = frame.f_back
    return frame


class Watch:
    """A task factory that notes the verdict on each task made while the block runs."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.classifier = Classifier(settings or Settings())
        self.by_frame: list[Verdict] = []
        self.by_coroutine: list[TaskClass] = []

    def __enter__(self) -> Watch:
        self._loop_frame = loop_frame()
        asyncio.get_running_loop().set_task_factory(self._factory)
        return self

    def __exit__(self, *exc: object) -> None:
        asyncio.get_running_loop().set_task_factory(None)

    def _factory(self, loop: Any, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task_class, code, _ = self.classifier.of_frame(sys._getframe(1), self._loop_frame)
        self.by_frame.append((task_class, code and code.co_name))
        self.by_coroutine.append(self.classifier.of_coroutine(coro))
        return asyncio.Task(coro, loop=loop, **options)


def watched(
    work: Callable[[], Awaitable[object]], settings: Settings | None = None
) -> tuple[list[Verdict], list[TaskClass]]:
    async def main() -> Watch:
        with Watch(settings) as watch:
            await work()
        return watch

    watch = asyncio.run(main())
    return watch.by_frame, watch.by_coroutine


async def soon() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


class TestTheUsers:
    """Whatever asyncio calls it, a task that the user's code asks for is the user's."""

    def test_create_task(self) -> None:
        async def work() -> None:
            await asyncio.create_task(noop())

        assert watched(work)[0] == [(TaskClass.USER, "work")]

    def test_gather_and_shield(self) -> None:
        async def work() -> None:
            await asyncio.gather(noop(), noop())
            await asyncio.shield(noop())

        assert watched(work)[0] == [(TaskClass.USER, "work")] * 3

    def test_task_group(self) -> None:
        async def work() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(noop())

        assert watched(work)[0] == [(TaskClass.USER, "work")]

    def test_anyio_task_group(self) -> None:
        async def work() -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(noop)

        assert watched(work) == ([(TaskClass.USER, "work")], [TaskClass.USER])

    def test_a_callback_of_the_user(self) -> None:
        async def work() -> None:
            def later() -> None:
                asyncio.create_task(noop())

            asyncio.get_running_loop().call_soon(later)
            await soon()

        assert watched(work)[0] == [(TaskClass.USER, "later")]

    def test_a_library_that_only_fans_out_is_looked_through(self) -> None:
        tracer = module("sentry_sdk.tracer", "def spawn(make, coro): return make(coro)")

        async def work() -> None:
            await tracer.spawn(asyncio.create_task, noop())

        assert watched(work)[0] == [(TaskClass.USER, "work")]

    def test_the_demo_is_a_user_although_it_is_in_our_package(self) -> None:
        shop = module("snowshed.demo.shop", "def fan_out(make, coro): return make(coro)")

        async def work() -> None:
            await shop.fan_out(asyncio.create_task, noop())

        assert watched(work)[0] == [(TaskClass.USER, "fan_out")]

    def test_code_without_a_module_name(self) -> None:
        space: dict[str, Any] = {"make": asyncio.create_task}
        exec("def bare(coro): return make(coro)", space)

        async def work() -> None:
            await space["bare"](noop())

        assert watched(work)[0] == [(TaskClass.USER, "bare")]


class TestOthers:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("starlette.responses", TaskClass.INFRASTRUCTURE),
            ("uvicorn.protocols.http.h11_impl", TaskClass.INFRASTRUCTURE),
            ("aiohttp.web_protocol", TaskClass.INFRASTRUCTURE),
            ("aiohttp.connector", TaskClass.DRIVER),
            ("asyncpg.pool", TaskClass.DRIVER),
            ("redis.asyncio.connection", TaskClass.DRIVER),
            ("anyio._core._sockets", TaskClass.HELPER),
            ("redistribution.jobs", TaskClass.USER),
        ],
    )
    def test_a_task_belongs_to_the_library_that_asked_for_it(
        self, name: str, expected: TaskClass
    ) -> None:
        library = module(name, "def start(make, coro): return make(coro)")

        async def work() -> None:
            await library.start(asyncio.create_task, noop())

        assert watched(work)[0] == [(expected, "start")]

    def test_a_driver_that_shields_its_release_pays_itself(self) -> None:
        pool = module("asyncpg.pool", "async def release(shield, coro): await shield(coro)")

        async def work() -> None:
            await pool.release(asyncio.shield, noop())

        assert watched(work)[0] == [(TaskClass.DRIVER, "release")]

    def test_wait_for_counts_the_same_on_every_python(self) -> None:
        """Python 3.11 makes a task, later ones none: neither is in the budget."""

        async def work() -> None:
            await asyncio.wait_for(noop(), 1)

        expected = [(TaskClass.HELPER, "work")] if sys.version_info < (3, 12) else []
        assert watched(work)[0] == expected

    def test_what_runs_inside_wait_for_is_the_users(self) -> None:
        async def work() -> None:
            async def fan_out() -> None:
                await asyncio.gather(noop(), noop())

            await asyncio.wait_for(fan_out(), 1)

        fanned_out = [verdict for verdict in watched(work)[0] if verdict[1] == "fan_out"]
        assert fanned_out == [(TaskClass.USER, "fan_out")] * 2

    def test_a_stream_connection_is_no_work_of_the_user(self) -> None:
        async def work() -> None:
            async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.close()

            async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
                port = server.sockets[0].getsockname()[1]
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                await reader.read()
                writer.close()
                await writer.wait_closed()

        classes = {task_class for task_class, _ in watched(work)[0]}
        assert classes == {TaskClass.INFRASTRUCTURE, TaskClass.DRIVER}

    def test_a_subprocess_is_a_helper(self) -> None:
        async def work() -> None:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-S", "-c", "", stdout=asyncio.subprocess.PIPE
            )
            await process.wait()

        assert {task_class for task_class, _ in watched(work)[0]} == {TaskClass.HELPER}


class TestWithoutFrame:
    """A callback of the loop has no frame that asked; the coroutine tells instead."""

    def test_the_walk_stops_at_the_loop(self) -> None:
        async def work() -> None:
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.create_task, noop())
            await soon()

        assert watched(work) == ([(TaskClass.USER, None)], [TaskClass.USER])

    def test_a_thread_that_hands_over_a_coroutine(self) -> None:
        async def work() -> None:
            loop = asyncio.get_running_loop()
            thread = threading.Thread(
                target=lambda: asyncio.run_coroutine_threadsafe(noop(), loop).result()
            )
            thread.start()
            while thread.is_alive():
                await asyncio.sleep(0.001)

        assert watched(work) == ([(TaskClass.USER, None)], [TaskClass.USER])

    def test_a_drivers_timer(self) -> None:
        driver = module("asyncpg.connection", "async def ping(): pass")

        async def work() -> None:
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.create_task, driver.ping())
            await soon()

        assert watched(work)[1] == [TaskClass.DRIVER]

    def test_an_asynchronous_generator_that_was_forgotten(self) -> None:
        async def numbers() -> AsyncIterator[int]:
            try:
                yield 1
            finally:
                await asyncio.sleep(0)

        async def work() -> None:
            async for _ in numbers():
                break
            await soon()

        assert watched(work)[1] == [TaskClass.HELPER]

    def test_without_a_loop_frame_the_walk_ends_with_the_stack(self) -> None:
        classifier = Classifier(Settings())
        loop = module("asyncio.fake", "def run(look): return look()")
        assert classifier.of_frame(None, None) == (TaskClass.USER, None, -1)
        frame = loop.run(sys._getframe)
        assert classifier.of_frame(frame, frame) == (TaskClass.USER, None, -1)


class TestWrappers:
    """The coroutine in a task may be a wrapper; the one that it runs is judged."""

    @staticmethod
    def of(coro: Coroutine[Any, Any, None]) -> TaskClass:
        with contextlib.closing(coro):
            return Classifier(Settings()).of_coroutine(coro)

    async def _anyio(self, work: Callable[[], Coroutine[Any, Any, None]]) -> TaskClass:
        with Watch() as watch:
            async with anyio.create_task_group() as group:
                group.start_soon(work)
        return watch.by_coroutine[0]

    @pytest.mark.parametrize(
        ("name", "expected"), [("app", TaskClass.USER), ("redis.client", TaskClass.DRIVER)]
    )
    def test_anyio(self, name: str, expected: TaskClass) -> None:
        work = module(name, "async def work(): pass").work
        assert asyncio.run(self._anyio(work)) is expected

    def test_an_argument_of_a_transparent_module(self) -> None:
        wrap = module("sentry_sdk.x", "async def wrap(coro): await coro").wrap
        inner = module("asyncpg.pool", "async def close(): pass").close()
        with contextlib.closing(inner), contextlib.closing(wrap(inner)) as wrapper:
            assert self.of(wrap(wrapper)) is TaskClass.DRIVER

    def test_a_closure_of_a_transparent_module(self) -> None:
        source = "def make(coro):\n async def run():\n  await coro\n return run()"
        inner = module("asyncpg.pool", "async def close(): pass").close()
        with contextlib.closing(inner):
            assert self.of(module("ddtrace.x", source).make(inner)) is TaskClass.DRIVER

    def test_a_coroutine_that_a_user_passes_around_is_not_unwrapped(self) -> None:
        wrap = module("app", "async def wrap(coro): await coro").wrap
        inner = module("asyncpg.pool", "async def close(): pass").close()
        with contextlib.closing(inner):
            assert self.of(wrap(inner)) is TaskClass.USER

    def test_a_wrapper_of_itself_ends(self) -> None:
        source = "def make():\n async def run(): await coro\n coro = run()\n return coro"
        assert self.of(module("asyncio.x", source).make()) is TaskClass.USER

    def test_unwrap_gives_the_coroutine_whose_code_is_the_site(self) -> None:
        wrap = module("sentry_sdk.x", "async def wrap(coro): await coro").wrap
        inner = noop()
        outer = wrap(inner)
        with contextlib.closing(inner), contextlib.closing(outer):
            assert Classifier(Settings()).unwrap(outer) is inner


class Foreign(Coroutine):
    """A coroutine of somebody's own, with an answer to everything."""

    send = throw = close = __await__ = lambda *_: None
    answer = object

    def __getattr__(self, name):
        return type(self).answer()


@pytest.mark.parametrize("answer", [object, {}.popitem])
def test_a_coroutine_of_another_kind_is_a_helper_and_has_no_code(answer, monkeypatch):
    monkeypatch.setattr(Foreign, "answer", answer)
    classifier = Classifier(Settings())
    assert classifier.of_coroutine(Foreign()) is TaskClass.HELPER
    assert classifier.code_of(Foreign()) is None


class Compiled:
    """What Cython makes of a coroutine: no frame, and code that names its source."""

    def __init__(self, filename: str) -> None:
        self.cr_code = noop.__code__.replace(co_filename=filename)


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("src/python/grpcio/grpc/_cython/_cygrpc/aio/server.pyx.pxi", TaskClass.INFRASTRUCTURE),
        ("asyncpg/protocol/protocol.pyx", TaskClass.DRIVER),
        ("shop/fast.pyx", TaskClass.USER),
        ("/home/redis/shop/fast.py", TaskClass.USER),
    ],
)
def test_compiled_code_is_judged_by_the_path_of_its_source(
    filename: str, expected: TaskClass
) -> None:
    assert Classifier(Settings()).of_coroutine(Compiled(filename)) is expected


class TestLists:
    def of(self, name: str, **added: tuple[str, ...]) -> TaskClass:
        frame = module(name, "def look(get): return get()").look(sys._getframe)
        return Classifier(Settings(**added)).of_frame(frame, None)[0]

    @pytest.mark.parametrize("kind", ["infrastructure", "driver", "helper"])
    def test_settings_add_to_each_list(self, kind: str) -> None:
        assert self.of("shop.db.pool") is TaskClass.USER
        assert self.of("shop.db.pool", **{kind: ("shop.db",)}) == kind

    def test_a_name_stands_for_whole_parts(self) -> None:
        assert self.of("shop.dbtools", driver=("shop.db",)) is TaskClass.USER
        assert self.of("shop.db", driver=("shop.db",)) is TaskClass.DRIVER

    def test_the_longest_name_decides(self) -> None:
        added = {"driver": ("shop",), "infrastructure": ("shop.web",)}
        assert self.of("shop.web.app", **added) is TaskClass.INFRASTRUCTURE
        assert self.of("shop.webhooks", **added) is TaskClass.DRIVER

    def test_settings_win_over_the_built_in_lists(self) -> None:
        assert self.of("httpx.client", infrastructure=("httpx",)) is TaskClass.INFRASTRUCTURE

    def test_made_up_module_names_do_not_fill_the_memory(self) -> None:
        classifier = Classifier(Settings())
        source = compile("import sys\nframe = sys._getframe()", "<x>", "exec")
        for number in range(10_100):
            space = {"__name__": f"generated_{number}"}
            exec(source, space)
            assert classifier.of_frame(space["frame"], None)[0] is TaskClass.USER
        assert len(classifier._verdicts) == 10_000
