from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from snowshed.model import Frame
from snowshed.observe._snapshot import _paths
from snowshed.observe._snapshot._chain import Chain, chain_of
from snowshed.observe._snapshot._paths import SHOWN_AT_MOST, Paths, cut


@types.coroutine
def suspend() -> Any:
    yield


async def on_one_line() -> None:
    await suspend()


async def in_a_block() -> None:
    async with Manager():  # enters and leaves on one line, by three awaits
        pass


class Manager:
    async def __aenter__(self) -> None:
        await suspend()

    async def __aexit__(self, *_: object) -> None:
        pass


async def on_two_lines() -> None:
    await suspend()
    await suspend()


def suspended(function: Callable[[], Any], times: int = 1) -> Any:
    coro = function()
    for _ in range(times):
        coro.send(None)
    return coro


def first_line(function: Callable[..., Any]) -> int:
    return function.__code__.co_firstlineno


def stack_of(paths: Paths, coro: Any) -> tuple[Frame, ...]:
    chain = chain_of(coro)
    return paths.stack(paths.of(chain), chain)


@pytest.mark.parametrize("function", [on_one_line, in_a_block])
def test_a_function_that_waits_on_one_line_needs_no_frame(
    function: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_link: object) -> None:
        raise AssertionError

    monkeypatch.setattr(_paths, "frame_of", forbidden)
    coro = suspended(function)
    outermost = stack_of(Paths(), coro)[-1]
    assert outermost == Frame(function.__name__, __file__, first_line(function) + 1)
    coro.close()


def test_a_function_that_waits_on_two_lines_shows_which() -> None:
    paths = Paths()
    first, second = suspended(on_two_lines), suspended(on_two_lines, 2)
    start = first_line(on_two_lines)
    assert stack_of(paths, first)[-1].line == start + 1
    assert stack_of(paths, second)[-1].line == start + 2
    assert paths.guessed == 0
    first.close()
    second.close()


def test_tasks_at_one_place_share_one_stack() -> None:
    paths = Paths()
    coros = [suspended(on_two_lines) for _ in range(3)]
    first, second, third = (stack_of(paths, coro) for coro in coros)
    assert first is second is third
    for coro in coros:
        coro.close()


def test_beyond_the_bound_of_frames_a_line_is_taken_from_its_like_if_these_agree() -> None:
    paths = Paths(frames_at_most=1)
    coros = [suspended(on_two_lines), suspended(on_two_lines, 2)]
    first, second = (stack_of(paths, coro) for coro in coros)
    assert first is second
    assert paths.guessed == 1
    for coro in coros:
        coro.close()


def test_beyond_the_bound_of_frames_no_line_is_said_where_the_like_disagree() -> None:
    paths = Paths(frames_at_most=2)
    coros = [suspended(on_two_lines, times) for times in (1, 2, 1)]
    stacks = [stack_of(paths, coro) for coro in coros]
    start = first_line(on_two_lines)
    assert [stack[-1].line for stack in stacks] == [start + 1, start + 2, 0]
    for coro in coros:
        coro.close()


def test_a_coroutine_without_code_shows_its_name() -> None:
    class Compiled:
        __qualname__ = "module.work"

    link = Compiled()
    paths = Paths()
    chain = Chain([link], [None], whole=True)
    path = paths.of(chain)
    assert path.function == Frame("module.work", "", 0)
    assert paths.stack(path, chain) == (Frame("module.work", "", 0),)
    other = Chain([suspend], [None], whole=True)
    assert paths.of(other).function.function == "suspend"


def test_no_chain_at_all_has_an_unknown_function() -> None:
    paths = Paths()
    assert paths.of(Chain([], [], whole=True)).function == Frame("unknown", "", 0)


def test_a_stack_that_is_deep_is_cut_in_the_middle_with_a_mark() -> None:
    frames = [Frame(str(number), "", number) for number in range(10_000)]
    shown = cut(frames)
    assert len(shown) == SHOWN_AT_MOST + 1
    assert shown[0].function == "0"
    assert shown[-1].function == "9999"
    assert shown[SHOWN_AT_MOST // 2].function == f"... {10_000 - SHOWN_AT_MOST} calls left out ..."
    assert cut(frames[:SHOWN_AT_MOST]) == tuple(frames[:SHOWN_AT_MOST])


def test_a_chain_that_was_not_followed_to_its_end_says_so() -> None:
    coro = suspended(on_one_line)
    chain = chain_of(coro)._replace(whole=False)
    paths = Paths()
    assert paths.stack(paths.of(chain), chain)[0].function == "... more than 2 calls ..."
    coro.close()


def test_an_exception_shows_where_it_was_raised() -> None:
    def inner() -> None:
        raise LookupError

    def outer() -> None:
        inner()

    with pytest.raises(LookupError) as caught:
        outer()
    stack = Paths().failed(caught.value.__traceback__)
    assert [frame.function.rpartition(".")[2] for frame in stack[:2]] == ["inner", "outer"]
    assert stack[0].line == inner.__code__.co_firstlineno + 1
