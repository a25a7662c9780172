"""What cannot be started is refused with the cure; whatever awaits like a coroutine is accepted."""

from __future__ import annotations

from collections.abc import Coroutine

import pytest

from snowshed.core._coroutine import call, checked, explain


async def echo(value):
    return value


class Foreign(Coroutine):
    """A coroutine of another kind, as Cython's are."""

    def send(self, value):
        raise StopIteration

    def throw(self, *error):
        raise StopIteration

    def close(self):
        pass

    def __await__(self):
        yield


def test_a_function_and_its_arguments():
    coro = call("spawn", echo, (1,))
    with pytest.raises(StopIteration, match="1"):
        coro.send(None)


def test_a_coroutine_of_another_kind():
    coro = Foreign()
    assert checked("spawn", Foreign, coro) is coro


def test_a_coroutine_is_not_a_function():
    with pytest.raises(
        TypeError, match=r"spawn\(echo, \.\.\.\) instead of spawn\(echo\(\.\.\.\)\)"
    ):
        call("spawn", echo(1), ())


@pytest.mark.parametrize("fn", [len, print])
def test_a_plain_function_is_sent_to_run_sync(fn):
    with pytest.raises(TypeError, match=r"detach\(\) takes an async function.*run_sync\(\)"):
        call("detach", fn, ([],))


def test_an_async_generator_function_is_no_async_function():
    async def generate():
        yield 1

    with pytest.raises(TypeError, match="returned async_generator"):
        call("spawn", generate, ())


@pytest.mark.parametrize("wrong", [5, None, "fetch"])
def test_something_else_keeps_pythons_own_error(wrong):
    with pytest.raises(TypeError, match="not callable"):
        call("spawn", wrong, ())
    explain("spawn", wrong)


def test_wrong_arguments_keep_pythons_own_error():
    with pytest.raises(TypeError, match="missing 1 required"):
        call("spawn", echo, ())
