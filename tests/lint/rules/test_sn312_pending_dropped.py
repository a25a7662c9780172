"""Tasks that a wait leaves behind, and waits after which somebody has them."""

from __future__ import annotations

import pytest

from lint._programs import python_function
from lint._wanted import mended, python

BAD = {
    "first of several": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)  # want
        return done.pop().result()
        """,
    "with a timeout": """
        tasks = [asyncio.ensure_future(get(url)) for url in urls]
        done, _ = await wait(tasks, timeout=5)  # want
        return [task.result() for task in done]
        """,
    "until the first error": """
        tasks = {asyncio.create_task(get(url)) for url in urls}
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)  # want
        for task in done:
            task.result()
        """,
    "pending is only counted": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        done, pending = await asyncio.wait(tasks, timeout=5)  # want
        if pending or len(pending) != 0:
            raise TimeoutError
        """,
    "only the done ones are taken": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        done = (await asyncio.wait(tasks, timeout=5))[0]  # want
        """,
    "nothing is taken": """
        tasks = []
        for url in urls:
            tasks.append(asyncio.create_task(get(url)))
        await asyncio.wait(tasks, timeout=5)  # want
        """,
    "one of two": """
        receive = asyncio.create_task(socket.receive())
        stop = asyncio.create_task(stopped.wait())
        done, _ = await asyncio.wait(  # want
            {receive, stop}, return_when=asyncio.FIRST_COMPLETED
        )
        if receive in done:
            return await receive
        """,
    "made in the call": """
        await asyncio.wait({asyncio.create_task(get(url)) for url in urls}, timeout=5)  # want
        """,
}
GOOD = {
    "cancelled": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        done, pending = await asyncio.wait(tasks, timeout=5)
        for task in pending:
            task.cancel()
        """,
    "all of them are cancelled": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        """,
    "cancelled where one is not done": """
        receive = asyncio.create_task(socket.receive())
        await asyncio.wait([receive], timeout=5)
        if not receive.done():
            receive.cancel()
        """,
    "waited for again": """
        pending = {asyncio.create_task(get(url)) for url in urls}
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            yield done
        """,
    "awaited": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        done, pending = await asyncio.wait(tasks, timeout=5)
        await asyncio.gather(*pending)
        """,
    "the next turn waits for it": """
        stop = asyncio.create_task(stopped.wait())
        while not stop.done():
            turn = asyncio.create_task(asyncio.sleep(5))
            await asyncio.wait([turn, stop], return_when=asyncio.FIRST_COMPLETED)
        """,
    "returned": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        done, pending = await asyncio.wait(tasks, timeout=5)
        return done, pending
        """,
    "returned as it is": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        return await asyncio.wait(tasks, timeout=5)
        """,
    "handed on": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        done, pending = await asyncio.wait(tasks, timeout=5)
        watch(pending)
        """,
    "kept": """
        self.tasks = [asyncio.create_task(get(url)) for url in urls]
        await asyncio.wait(self.tasks, timeout=5)
        """,
    "of somebody else": """
        done, _ = await asyncio.wait(urls, timeout=5)
        other, _ = await asyncio.wait([self.reader, self.writer], timeout=5)
        """,
    "all are waited for": """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        await asyncio.wait(tasks)
        await asyncio.wait(tasks, timeout=None, return_when=asyncio.ALL_COMPLETED)
        """,
    "what they wait for is cancelled": """
        task = asyncio.create_task(answer(call))
        done, _ = await asyncio.wait([task], timeout=5)
        if not done:
            call.cancel()
        """,
    "a task group ends them": """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(get(url)) for url in urls]
            await asyncio.wait(tasks, timeout=5)
        """,
}


HEAD = "import asyncio\nfrom asyncio import wait\n\n"


def code(text: str, head: str = "async def fetch(self, urls):") -> str:
    return python_function(HEAD + head, text)


@pytest.mark.parametrize("shape", BAD)
def test_what_is_left_to_nobody(shape: str) -> None:
    python("SN312", code(BAD[shape]))


@pytest.mark.parametrize("shape", GOOD)
def test_what_somebody_has(shape: str) -> None:
    python("SN312", code(GOOD[shape]))


def test_what_ends_with_the_program_or_with_its_server() -> None:
    text = BAD["nothing is taken"].replace("  # want", "")
    python("SN312", code(text, "async def main(urls):"))
    python("SN312", code(text, "async def aclose(self, urls):"))
    python("SN312", code(text, "async def serve(urls):") + "\nasyncio.run(serve([]))\n")


def test_those_that_are_pending_are_cancelled() -> None:
    after = mended("SN312", code(BAD["with a timeout"]))
    assert "done, pending = await wait(tasks, timeout=5)  # want\n" in after
    assert "    for task in pending:\n        task.cancel()\n" not in after
    assert "    for left in pending:\n        left.cancel()\n    return [" in after
    after = mended("SN312", code(BAD["first of several"]))
    assert "FIRST_COMPLETED)  # want\n    for task in pending:\n        task.cancel()\n" in after


@pytest.mark.parametrize("shape", ["only the done ones are taken", "nothing is taken"])
def test_where_no_variable_has_them_there_is_no_fix(shape: str) -> None:
    (found,) = python("SN312", code(BAD[shape]))
    assert found.fix is None


def test_a_statement_that_shares_its_line_is_left_alone() -> None:
    text = """
        tasks = [asyncio.create_task(get(url)) for url in urls]
        done, pending = await asyncio.wait(tasks, timeout=5); print(done)  # want
        """
    (found,) = python("SN312", code(text))
    assert found.fix is None
