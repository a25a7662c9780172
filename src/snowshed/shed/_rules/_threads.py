"""Threads for what may hang: a function of the application, a disk.

A loop joins the threads of its executor when it ends, and Python those of every pool: one call that
hangs would then hold up the end of the whole service. A daemon thread is left behind instead. Each
job gets one of its own, so that one that hangs keeps none from the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

__all__ = ["DaemonThreads"]

T = TypeVar("T")


class DaemonThreads(Executor):
    """Runs each job in a daemon thread of its own, for ``loop.run_in_executor``.

    Costs about 0.1 ms a job, and bounds nothing: who submits has to wait for the last job first.

    Args:
        name: of the threads.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Start the job.

        Raises:
            RuntimeError: the process can have no more threads.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                result = fn(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - it is the job's, and whoever waits gets it
                future.set_exception(_raisable(error))
            except BaseException as error:  # noqa: BLE001 - what ends a thread must not end the loop
                future.set_exception(RuntimeError(f"{type(error).__name__} in {self._name}"))
            else:
                future.set_result(result)

        threading.Thread(target=run, name=self._name, daemon=True).start()
        return future


def _raisable(error: Exception) -> Exception:
    # A future of asyncio takes any exception but this one, and would wait for ever.
    return RuntimeError("StopIteration") if isinstance(error, StopIteration) else error
