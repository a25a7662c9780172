"""Calling what a user asked to run, with an error that names the cure when it cannot run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from types import CoroutineType
from typing import Any, TypeVar

T = TypeVar("T")


def call(
    verb: str, fn: Callable[..., Coroutine[Any, Any, T]], args: tuple[Any, ...]
) -> Coroutine[Any, Any, T]:
    """Return the coroutine of ``fn(*args)``.

    Raises:
        TypeError: ``fn`` is a coroutine already, not callable, or not an async function.
    """
    try:
        coro = fn(*args)
    except TypeError:
        explain(verb, fn)
        raise
    return coro if type(coro) is CoroutineType else checked(verb, fn, coro)


def checked(verb: str, fn: object, coro: Any) -> Coroutine[Any, Any, Any]:
    """Return what ``fn`` returned if it is a coroutine of another kind, as Cython's are.

    Raises:
        TypeError: it is none.
    """
    if inspect.iscoroutine(coro) or isinstance(coro, Coroutine):
        return coro
    msg = f"{verb}() takes an async function, and {fn!r} returned {type(coro).__name__}"
    raise TypeError(f"{msg}; for a plain function use run_sync()")


def explain(verb: str, fn: object) -> None:
    """Raise the error that says what to write instead, if ``fn`` is a coroutine."""
    if inspect.iscoroutine(fn):
        fn.close()
        name = fn.__qualname__
        msg = f"{verb}() takes a function and its arguments, not a coroutine: "
        raise TypeError(f"{msg}{verb}({name}, ...) instead of {verb}({name}(...))") from None
