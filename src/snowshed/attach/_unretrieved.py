"""Hearing of failures that nobody has asked for, from the one place where asyncio tells of them.

A task that has failed tells its loop when it is thrown away, if nobody has asked for its exception
by then. That is the only certain moment: until then somebody still may. The message goes to
``loop.call_exception_handler``, whatever handler the service has set; it passes by here first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

Told = Callable[["asyncio.Task[Any]"], None]

# After the name of the class: a task factory may make tasks of its own kind.
_MESSAGE = " exception was never retrieved"
_listeners: WeakKeyDictionary[asyncio.AbstractEventLoop, Told] = WeakKeyDictionary()


def listen(loop: asyncio.AbstractEventLoop, told: Told) -> None:
    """Call ``told`` with each task of ``loop`` that has failed and is thrown away unasked.

    It is called by a finalizer, between any two instructions: it must be short, take no lock, and
    keep no reference to the task.
    """
    _listeners[loop] = told
    kind = type(loop)
    if not getattr(kind.call_exception_handler, "tells_failures", False):
        _pass_by(kind)


def leave(loop: asyncio.AbstractEventLoop) -> None:
    """Listen to ``loop`` no more."""
    _listeners.pop(loop, None)


def _pass_by(kind: type[asyncio.AbstractEventLoop]) -> None:
    # On the class, as an attribute of the instance makes every look at a loop of uvloop slower.
    original: Callable[[Any, dict[str, Any]], None] = kind.call_exception_handler

    @wraps(original)
    def call_exception_handler(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        try:
            _tell(loop, context)
        except Exception:  # noqa: BLE001 - the message must arrive whatever happens here
            leave(loop)
        original(loop, context)

    call_exception_handler.tells_failures = True  # type: ignore[attr-defined]
    kind.call_exception_handler = call_exception_handler  # type: ignore[method-assign, assignment]


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    message = context.get("message")
    if not isinstance(message, str) or not message.endswith(_MESSAGE):
        return
    told, task = _listeners.get(loop), context.get("future")
    if told is not None and isinstance(task, asyncio.Task):
        told(task)
