"""A daemon thread that a fork does not kill, nor trip over.

A server that forks its workers copies one thread: that which forks. A helper thread that was
started before is gone in each worker, silently, with its locks in whatever state they were. And
from Python 3.12 on ``os.fork`` warns if there is any other thread. So before a fork such a thread
is laid down, and afterwards it rises again, in the parent and in the child.

It is asked to stop and waited for at most `PATIENCE` seconds: a fork must not wait for a thread
that hangs. One that is late finds out by itself, and its successor waits until it is gone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Background", "Rest", "is_ours"]

PATIENCE = 0.25
logger = logging.getLogger("snowshed.observe")
# How the names of snowshed's own threads begin.
OURS = "snowshed-"
# Waits for so many seconds, less if there is news, and tells whether it is time to end.
Rest: TypeAlias = Callable[[float], bool]


def is_ours(name: str) -> bool:
    """Tell whether a thread is one of snowshed's own, by its name."""
    return name.startswith(OURS)


class Background:
    """Runs ``body`` in a daemon thread until it is stopped.

    Args:
        name: of the thread.
        body: called with a function that waits for some seconds and returns True when ``body``
            should return. It must not raise, and is called again after a fork.
        in_child: called in the child of a fork before the thread rises there, which it does not if
            this stops it.
        interrupt: ends a wait of ``body`` for anything but that function; from any thread.
    """

    def __init__(
        self,
        name: str,
        body: Callable[[Rest], object],
        in_child: Callable[[], object] = lambda: None,
        interrupt: Callable[[], object] = lambda: None,
    ) -> None:
        self._name = name
        self._body = body
        self._in_child = in_child
        self._interrupt = interrupt
        self._life: _Life | None = None
        self._turn = threading.Lock()

    @property
    def running(self) -> bool:
        """Tell whether it was started and not stopped."""
        return self._life is not None

    def start(self) -> None:
        """Start it, unless it runs.

        Raises:
            RuntimeError: no thread can be had.
        """
        if self._life is None:
            self._rise()

    def wake(self) -> None:
        """End the wait of ``body`` now."""
        life = self._life
        if life is not None:
            life.news.set()

    def stop(self, timeout: float = PATIENCE) -> None:
        """Ask it to end, and wait at most ``timeout`` seconds until it has."""
        life, self._life = self._life, None
        _started.discard(self)
        if life is not None:
            self._lay_down(life, timeout)

    def _rise(self) -> None:
        life = _Life()
        life.thread = threading.Thread(
            target=self._run, args=(life, self._turn), name=self._name, daemon=True
        )
        self._life = life
        _started.add(self)
        try:
            life.thread.start()
        except RuntimeError:
            self._life = None
            _started.discard(self)
            raise

    def _run(self, life: _Life, turn: threading.Lock) -> None:
        with turn:
            if not life.over:
                self._body(life.rest)

    def _before_fork(self) -> None:
        if self._life is not None:
            self._lay_down(self._life, PATIENCE)

    def _lay_down(self, life: _Life, timeout: float) -> None:
        life.over = True
        life.news.set()
        self._interrupt()
        thread = life.thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _after_fork(self, *, child: bool) -> None:
        if child:
            # Its holder does not exist here.
            self._turn = threading.Lock()
            self._begin_in_child()
        if self._life is not None:
            # It cannot be started while the interpreter shuts down, and need not.
            with contextlib.suppress(RuntimeError):
                self._rise()

    def _begin_in_child(self) -> None:
        try:
            self._in_child()
        except Exception:
            # Half of the parent's state is no state to go on with; the others do.
            self.stop(0)
            logger.exception("%s does not go on in the child of a fork", self._name)


class _Life:
    """One thread, from its start to its end."""

    __slots__ = ("news", "over", "thread")

    def __init__(self) -> None:
        self.news = threading.Event()
        self.over = False
        self.thread: threading.Thread | None = None

    def rest(self, seconds: float) -> bool:
        if not self.over:
            self.news.wait(seconds)
            self.news.clear()
        return self.over


# Not weakly: its thread holds it anyway, and a copy of a plain set is made in one step, whatever
# other threads start meanwhile.
_started: set[Background] = set()


def _before_fork() -> None:
    for each in tuple(_started):
        each._before_fork()


def _after_fork_in_parent() -> None:
    for each in tuple(_started):
        each._after_fork(child=False)


def _after_fork_in_child() -> None:
    for each in tuple(_started):
        each._after_fork(child=True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
