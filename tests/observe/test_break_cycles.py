"""Await cycles: that asyncio is lost in them, and that breaking one leaves a clean program."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from snowshed.errors import WouldDeadlock
from snowshed.observe import _break_cycles
from snowshed.observe._break_cycles import await_cycles, break_cycles

Task = asyncio.Task[Any]


async def awaits(tasks: dict[str, Task], name: str, told: list[str]) -> None:
    me = asyncio.current_task()
    assert me is not None
    try:
        await tasks[name]
    except WouldDeadlock as error:
        told.append(f"{me.get_name()}: {type(error).__name__}")
        raise
    finally:
        # What cleans up may wait too.
        await asyncio.sleep(0)
        told.append(f"{me.get_name()}: cleaned up")


async def ring(size: int, told: list[str]) -> list[Task]:
    """Start tasks that each await the next, and let them get there."""
    tasks: dict[str, Task] = {}
    for number in range(size):
        coroutine = awaits(tasks, str((number + 1) % size), told)
        tasks[str(number)] = asyncio.create_task(coroutine, name=f"t{number}")
    await asyncio.sleep(0)
    return [*tasks.values()]


async def broken_in(tasks: list[Task]) -> int:
    return await asyncio.wrap_future(break_cycles(asyncio.get_running_loop(), tasks))


class TestFinding:
    def test_a_ring_of_tasks_is_found_and_what_leads_to_it_is_not(self) -> None:
        async def main() -> None:
            told: list[str] = []
            tasks = await ring(3, told)
            outside = asyncio.create_task(awaits({"x": tasks[0]}, "x", told))
            await asyncio.sleep(0)
            (found,) = await_cycles([outside, *tasks])
            assert set(found) == set(tasks)
            assert await broken_in([outside, *tasks]) == 1
            await asyncio.gather(outside, *tasks, return_exceptions=True)

        asyncio.run(main())

    def test_a_ring_that_a_member_may_leave_is_none(self) -> None:
        async def main() -> None:
            tasks: list[Task] = []
            other = asyncio.create_task(asyncio.Event().wait())

            async def gathers() -> None:
                await asyncio.gather(tasks[1], other)

            async def waits() -> None:
                await tasks[0]

            tasks[:] = [asyncio.create_task(gathers()), asyncio.create_task(waits())]
            await asyncio.sleep(0)
            assert await_cycles([*tasks, other]) == []
            other.cancel()
            # The gather fails, so the first ends, and the second sees how.
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run(main())

    def test_a_chain_is_none(self) -> None:
        async def main() -> None:
            first = asyncio.create_task(asyncio.sleep(0.001))
            second = asyncio.create_task(awaits({"x": first}, "x", []))
            await asyncio.sleep(0)
            assert await_cycles([first, second]) == []
            assert await broken_in([first, second]) == 0
            await second

        asyncio.run(main())


class TestBreaking:
    @pytest.mark.parametrize("size", [2, 5])
    def test_one_await_fails_every_task_cleans_up_and_the_program_ends(
        self, size: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        told: list[str] = []

        async def main() -> list[object]:
            tasks = await ring(size, told)
            assert await broken_in(tasks) == 1
            return [*await asyncio.gather(*tasks, return_exceptions=True)]

        with caplog.at_level(logging.WARNING):
            outcomes = asyncio.run(main())
        assert {type(each) for each in outcomes} == {WouldDeadlock}
        assert sorted(told) == sorted(
            f"t{n}: {what}" for n in range(size) for what in ("WouldDeadlock", "cleaned up")
        )
        (message,) = said(caplog)
        assert f"broke an await cycle of {size} tasks" in message
        assert "'t0', 't1'" in message

    def test_a_task_that_expects_it_goes_on(self) -> None:
        async def main() -> tuple[str, str]:
            tasks: list[asyncio.Task[str]] = []

            async def copes() -> str:
                try:
                    return await tasks[1]
                except WouldDeadlock:
                    return "without it"

            async def trusts() -> str:
                return await tasks[0]

            tasks[:] = [asyncio.create_task(copes()), asyncio.create_task(trusts())]
            await asyncio.sleep(0)
            assert await broken_in([*tasks]) == 1
            return (await tasks[0], await tasks[1])

        assert asyncio.run(main()) == ("without it", "without it")

    def test_a_task_that_gathers_itself(self) -> None:
        async def main() -> None:
            async def gathers_itself() -> None:
                await asyncio.gather(asyncio.current_task())  # type: ignore[arg-type]

            task = asyncio.create_task(gathers_itself(), name="own")
            await asyncio.sleep(0)
            assert await broken_in([task]) == 1
            with pytest.raises(WouldDeadlock, match=r"'own' awaits.*itself"):
                await task

        asyncio.run(main())

    def test_several_cycles_are_broken_one_after_the_other(self) -> None:
        async def main() -> int:
            told: list[str] = []
            tasks = [each for _ in range(3) for each in await ring(2, told)]
            done = await broken_in(tasks)
            await asyncio.gather(*tasks, return_exceptions=True)
            return done

        assert asyncio.run(main()) == 3

    def test_a_cycle_that_has_ended_in_the_meantime_is_left_alone(self) -> None:
        async def main() -> int:
            told: list[str] = []
            tasks = await ring(2, told)
            loop = asyncio.get_running_loop()
            first = break_cycles(loop, tasks)
            second = break_cycles(loop, tasks)
            await asyncio.wrap_future(first)
            late = await asyncio.wrap_future(second)
            await asyncio.gather(*tasks, return_exceptions=True)
            return late

        assert asyncio.run(main()) == 0

    def test_a_ring_that_would_hold_up_the_loop_is_left_alone_and_said(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_break_cycles, "_RING_AT_MOST", 3)

        async def main() -> tuple[int, int]:
            tasks = await ring(4, [])
            before = await broken_in(tasks)
            monkeypatch.setattr(_break_cycles, "_RING_AT_MOST", 4)
            after = await broken_in(tasks)
            await asyncio.gather(*tasks, return_exceptions=True)
            return before, after

        assert asyncio.run(main()) == (0, 1)
        assert "cycle of 4 tasks is left alone: at most 3" in said(caplog)[0]

    def test_a_failure_of_ours_is_logged_and_no_failure_of_the_loop(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(_: object) -> None:
            raise LookupError

        async def main() -> int:
            tasks = await ring(2, [])
            with monkeypatch.context() as patched:
                patched.setattr(_break_cycles, "_take_wakeup", fails)
                none = await broken_in(tasks)
            await broken_in(tasks)
            await asyncio.gather(*tasks, return_exceptions=True)
            return none

        assert asyncio.run(main()) == 0
        assert "could not be broken: 't0', 't1'" in said(caplog)[0]

    def test_tasks_that_hide_how_they_are_woken_are_left_alone(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def main() -> int:
            tasks = await ring(2, [])
            with monkeypatch.context() as patched:
                patched.setattr(_break_cycles, "_take_wakeup", lambda _: None)
                none = await broken_in(tasks)
            await broken_in(tasks)
            await asyncio.gather(*tasks, return_exceptions=True)
            return none

        assert asyncio.run(main()) == 0
        assert "how its tasks are woken: 't0', 't1'" in said(caplog)[0]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What snowshed said: asyncio says a word of its own when a failed task is thrown away."""
    return [each.getMessage() for each in caplog.records if each.name == "snowshed.waits"]


class Hostile(asyncio.Task):
    """A task that raises when it is asked for its name, and if told to, whether it is done."""

    lies = False

    def get_name(self) -> str:
        raise SystemError

    def done(self) -> bool:
        if self.lies:
            raise SystemError
        return super().done()


@pytest.mark.parametrize("gathers", [False, True])
def test_tasks_that_raise_get_an_answer_too(
    gathers: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> int:
        loop, tasks = asyncio.get_running_loop(), []

        async def awaits(number: int) -> None:
            await (asyncio.gather(tasks[number]) if gathers else tasks[number])

        tasks[:] = [Hostile(awaits(1), loop=loop), Hostile(awaits(0), loop=loop)]
        await asyncio.sleep(0)
        future = break_cycles(loop, tasks)
        Hostile.lies = gathers
        broken = await asyncio.wait_for(asyncio.wrap_future(future), 10)
        Hostile.lies = False
        if not broken:
            assert await broken_in(tasks) == 1
        await asyncio.gather(*tasks, return_exceptions=True)
        return broken

    assert asyncio.run(main()) == (0 if gathers else 1)
    messages = said(caplog)
    assert all("<without a name at 0x" in message for message in messages)
    assert messages[0].startswith("an await cycle could not" if gathers else "broke an await cycle")


def test_a_long_ring_is_named_by_its_first_few() -> None:
    async def main() -> str:
        tasks = [asyncio.create_task(asyncio.sleep(0), name=str(each)) for each in range(10)]
        await asyncio.wait(tasks)
        return _break_cycles._named(tasks)

    assert asyncio.run(main()).endswith("'7' and 2 more")


PROGRAM = """
    import asyncio, logging, sys

    from snowshed.observe._break_cycles import break_cycles

    async def main():
        tasks = []

        async def awaits(number):
            await tasks[number]

        tasks[:] = [asyncio.create_task(awaits(1)), asyncio.create_task(awaits(0))]
        await asyncio.sleep(0)
        if "break" in sys.argv:
            found = break_cycles(asyncio.get_running_loop(), asyncio.all_tasks())
            print("broken", await asyncio.wrap_future(found))
        if "wait" in sys.argv:
            await asyncio.wait(tasks)

    asyncio.run(main())
    print("ended")
"""


def run(*words: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), *words],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class TestTheWholeProgram:
    def test_without_it_the_shutdown_of_asyncio_fails(self) -> None:
        done = run()
        assert done.returncode != 0
        assert "RecursionError" in done.stderr
        assert "ended" not in done.stdout

    def test_without_it_who_waits_for_the_tasks_waits_for_ever(self) -> None:
        with pytest.raises(subprocess.TimeoutExpired):
            run("wait", timeout=2)

    @pytest.mark.parametrize("words", [("break",), ("break", "wait")])
    def test_with_it_the_program_ends(self, words: tuple[str, ...]) -> None:
        done = run(*words)
        assert (done.returncode, done.stdout) == (0, "broken 1\nended\n")
        assert "RecursionError" not in done.stderr
