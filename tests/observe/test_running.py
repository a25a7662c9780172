"""What runs, and which line of the user's it is."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from types import FrameType

import pytest

import snowshed.errors
from observe._loops import Block, LoopThread
from snowshed.model import Frame
from snowshed.observe._sampler._running import (
    FRAMES_AT_MOST,
    Culprit,
    culprit_of,
    handle_in,
    lies_outside,
    stack_of,
)


def here(frame: FrameType) -> bool:
    return frame.f_code.co_filename == __file__


def test_the_stack_of_a_task_ends_where_the_loop_begins() -> None:
    async def work() -> tuple[Frame, ...]:
        def inner() -> tuple[Frame, ...]:
            return stack_of(sys._getframe())

        return inner()

    names = [frame.function.rpartition(".")[2] for frame in asyncio.run(work())]
    assert names == ["inner", "work"]


def test_the_stack_ends_at_the_outermost_frame_that_counts() -> None:
    def outer() -> tuple[Frame, ...]:
        return inner(sys._getframe())

    def inner(outermost: FrameType) -> tuple[Frame, ...]:
        return stack_of(sys._getframe(), outermost)

    names = [frame.function.rpartition(".")[2] for frame in outer()]
    assert names == ["inner", "outer"]


def test_a_deep_stack_is_cut() -> None:
    def dig(depth: int) -> tuple[Frame, ...]:
        return dig(depth - 1) if depth else stack_of(sys._getframe())

    assert len(dig(100)) == FRAMES_AT_MOST
    assert stack_of(None) == ()


def test_the_culprit_is_the_innermost_line_of_the_user_with_what_it_calls() -> None:
    block = Block()

    def wait_for_the_disk() -> None:
        block.hold()

    thread = threading.Thread(target=wait_for_the_disk)
    thread.start()
    assert block.inside.wait(10)
    culprit = culprit_of(sys._current_frames()[thread.ident], is_users=here)
    block.go()
    thread.join()
    assert culprit is not None
    assert culprit.call == "block.hold"
    assert culprit.frame.function.endswith("wait_for_the_disk")
    line = wait_for_the_disk.__code__.co_firstlineno + 1
    assert str(culprit) == (f"{__file__}:{line} block.hold in {culprit.frame.function}()")


def caught_in(function: object, arguments: tuple = ()) -> Culprit:
    """Return the culprit at the moment at which a function of C runs."""
    found: list[Culprit | None] = []

    def profiler(frame: FrameType, event: str, argument: object) -> None:
        if event == "c_call" and argument is function and not found:
            found.append(culprit_of(frame, is_users=here))

    sys.setprofile(profiler)
    try:
        use_of_the_processor(*arguments)
    finally:
        sys.setprofile(None)
    [culprit] = found
    assert culprit is not None
    return culprit


def use_of_the_processor() -> None:
    time.sleep(0)


def test_a_function_that_is_written_in_c_is_named_from_the_source() -> None:
    culprit = caught_in(time.sleep)
    assert culprit.call == "time.sleep"
    assert culprit.frame.line == use_of_the_processor.__code__.co_firstlineno + 1


def test_code_without_source_has_a_line_and_no_call() -> None:
    scope: dict[str, object] = {"sys": sys}
    exec(compile("def made():\n  return sys._getframe()\n", "nowhere.py", "exec"), scope)
    culprit = culprit_of(scope["made"](), is_users=lambda frame: True)
    assert culprit == Culprit(Frame("made", "nowhere.py", 2), "")


def test_where_no_line_is_the_users_the_innermost_is_named() -> None:
    culprit = culprit_of(sys._getframe(), is_users=lambda frame: False)
    assert culprit is not None
    assert culprit.frame.file == __file__
    assert culprit_of(None) is None


@pytest.mark.parametrize(
    ("file", "outside"),
    [
        (__file__, True),
        (asyncio.__file__, False),
        (pytest.__file__, False),
        (culprit_of.__code__.co_filename, False),
        (snowshed.errors.__file__, False),
        ("<frozen importlib._bootstrap>", False),
        ("/srv/shop/views.py", True),
    ],
)
def test_whose_code_it_is_shows_in_the_place_of_its_file(file: str, outside: bool) -> None:
    scope: dict[str, object] = {"sys": sys}
    exec(compile("frame = sys._getframe()", file, "exec"), scope)
    assert lies_outside(scope["frame"]) is outside


def test_the_handle_that_runs_is_told_from_the_next_one() -> None:
    with LoopThread() as thread:
        frames = sys._current_frames
        first, second = Block(), Block()
        seen = []
        for block in (first, second):
            thread.loop.call_soon_threadsafe(block.hold)
        for block in (first, second):
            assert block.inside.wait(10)
            seen += [handle_in(frames()[thread.ident]), handle_in(frames()[thread.ident])]
            block.go()
    assert seen[0] == seen[1] != 0
    assert seen[2] == seen[3] != 0
    assert seen[0] != seen[2]
    assert handle_in(None) == 0
