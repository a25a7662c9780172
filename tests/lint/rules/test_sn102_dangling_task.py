"""Tasks that nobody keeps, and tasks that somebody has."""

from __future__ import annotations

import pytest

from lint._programs import python_function
from lint._wanted import mended, python

BAD = {
    "a statement": """
        asyncio.create_task(work())  # want
        asyncio.ensure_future(work())  # want
        create_task(work(), name="work")  # want
        """,
    "of a loop": """
        loop = asyncio.get_running_loop()
        loop.create_task(work())  # want
        self.loop.create_task(work())  # want
        asyncio.get_event_loop().create_task(work())  # want
        """,
    "a variable that nobody reads": """
        task = asyncio.create_task(work())  # want
        await other()
        """,
    "a name for what is not needed": """
        _ = asyncio.create_task(work())  # want
        """,
    "a list that nobody looks at": """
        tasks = []
        for each in items:
            tasks.append(asyncio.create_task(work(each)))  # want
        """,
    "a comprehension for nothing": """
        [asyncio.create_task(work(each)) for each in items]  # want
        """,
    "it is only told of": """
        task = asyncio.create_task(work())  # want
        print(task, task.get_name())
        """,
    "on one of two ways": """
        if items:
            asyncio.create_task(work())  # want
        else:
            await work()
        """,
}
GOOD = {
    "awaited": """
        await asyncio.create_task(work())
        task = asyncio.create_task(work())
        await asyncio.wait_for(task, 5)
        """,
    "kept": """
        self.task = asyncio.create_task(work())
        self.tasks[items] = asyncio.create_task(work())
        self.tasks.add(asyncio.create_task(work()))
        TASKS.append(asyncio.create_task(work()))
        """,
    "kept until it is done": """
        task = asyncio.create_task(work())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        """,
    "kept as a key": """
        tasks = {asyncio.create_task(work(each)): each for each in items}
        tasks[asyncio.create_task(work(0))] = 0
        await asyncio.wait(tasks)
        """,
    "a callback looks at it": """
        asyncio.create_task(work()).add_done_callback(told)
        task = asyncio.create_task(work())
        task.add_done_callback(told)
        """,
    "its result is taken": """
        task = asyncio.create_task(work())
        while not task.done():
            await other()
        print(task.result())
        """,
    "returned and yielded": """
        yield asyncio.create_task(work())
        later(lambda: asyncio.create_task(work()))
        """,
    "handed on": """
        watch(asyncio.create_task(work()))
        task = asyncio.create_task(work())
        self.watcher.keep(task=task)
        """,
    "a group or a nursery": """
        async with asyncio.TaskGroup() as loop:
            loop.create_task(work())
        async with anyio.create_task_group() as group:
            group.start_soon(work)
            group.create_task(work())
        """,
    "a wrapper that keeps it": """
        hass.create_task(work())
        self.hass.async_create_task(work())
        scope.create_task(work())
        """,
    "another variable of the same name": """
        def inner(create_task):
            create_task(work())
        """,
    "global": """
        global task
        task = asyncio.create_task(work())
        """,
}
HEAD = "import asyncio, anyio\nfrom asyncio import create_task\nTASKS = []\n\nclass A:\n"


def code(text: str, head: str = "    async def start(self, items):") -> str:
    return python_function(HEAD + head, text, left=0)


@pytest.mark.parametrize("shape", BAD)
def test_what_nobody_keeps(shape: str) -> None:
    python("SN102", code(BAD[shape]))


@pytest.mark.parametrize("shape", GOOD)
def test_what_somebody_has(shape: str) -> None:
    python("SN102", code(GOOD[shape]))


def test_of_a_handler_another_rule_tells() -> None:
    text = """
        import asyncio

        @app.get("/x")
        async def handler():
            asyncio.create_task(work())
            audit()

        def audit():
            asyncio.create_task(work())

        @app.websocket("/x")
        async def socket(ws):
            asyncio.create_task(work())  # want
        """
    python("SN102", text)


def test_what_sleeps_between_its_turns_and_is_started_once_is_advice() -> None:
    text = """
        import asyncio

        class Log:
            def __init__(self):
                asyncio.create_task(self.periodic_flush())  # want advice
                asyncio.create_task(self.run())  # want advice
                asyncio.create_task(self.take())  # want
                asyncio.create_task(self.send())  # want

            async def send(self):
                asyncio.create_task(self.periodic_flush())  # want

            async def run(self):
                while True:
                    await asyncio.sleep(5)

            async def take(self):
                await asyncio.sleep(5)
                while True:
                    await self.lines.get()
        """
    python("SN102", text)


def test_what_its_author_said_to_another_linter_holds() -> None:
    text = """
        import asyncio

        def start():
            asyncio.create_task(work())  # noqa: RUF006
            asyncio.create_task(
                work()
            )  # noqa: E501, RUF006 - it ends at once
            task = asyncio.create_task(work())  # noqa: F841
            asyncio.create_task(work())  # want noqa: E501
        """
    python("SN102", text)


def test_after_the_end_there_is_nobody() -> None:
    python("SN102", code("        asyncio.create_task(work())", "    def __del__(self):"))


def test_it_is_kept_until_it_is_done() -> None:
    after = mended(
        "SN102",
        """
        import asyncio
        from other import work


        async def start():
            if True:
                asyncio.create_task(work())  # first
            asyncio.create_task(
                work()
            )
        """,
    )
    assert after.count("_background_tasks = set()\n") == 1
    assert "import work\n\n_background_tasks = set()\n" in after
    assert "        task = asyncio.create_task(work())  # first\n" in after
    assert after.count("    task.add_done_callback(_background_tasks.discard)\n") == 2


def test_a_set_that_is_there_is_used_and_names_that_are_taken_are_not() -> None:
    text = """
        import asyncio
        _background_tasks = set()

        def start(task):
            asyncio.create_task(task)
        """
    after = mended("SN102", text)
    assert after.count("_background_tasks = set()") == 1
    assert "    _task = asyncio.create_task(task)\n    _background_tasks.add(_task)\n" in after


@pytest.mark.parametrize(
    "text",
    [
        "import asyncio\nasyncio.create_task(work())  # want\n",
        "import asyncio\ndef f(): asyncio.create_task(work())  # want\n",
        "import asyncio\ndef f():\n    task = asyncio.create_task(work())  # want\n",
    ],
)
def test_where_it_would_not_fit_there_is_no_fix(text: str) -> None:
    (found,) = python("SN102", text)
    assert found.fix is None


MANY = """
    import asyncio

    async def start(self):
        asyncio.create_task(self.log("a"))  # want
        await work()
        asyncio.create_task(self.log("b"))  # want
        asyncio.create_task(other())  # want
        asyncio.create_task(self.log("c"))  # want

    async def stop(self):
        asyncio.create_task(self.log("d"))  # want
    """


def test_what_starts_the_same_is_alike_and_mended_at_each_place() -> None:
    alike = [found.alike for found in python("SN102", MANY)]
    assert alike == ["self.log", "self.log", "other", "self.log", "self.log"]
    after = mended("SN102", MANY)
    assert after.count("task = asyncio.create_task(") == 5
    assert after.count("_background_tasks = set()") == 1
