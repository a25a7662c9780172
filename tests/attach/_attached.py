"""Snowshed attached to the running loop and to thread pools, and taken off again."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from snowshed.attach._executor import count_thread_jobs
from snowshed.attach._installed import uninstall
from snowshed.attach._runtime import Runtime
from snowshed.attach._settings import Settings
from snowshed.integrations._request import watch_requests


def loop_frame() -> FrameType | None:
    """The frame that runs the loop: asyncio's own, or on uvloop that of the runner."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_name not in {"run_forever", "run"}:
        frame = frame.f_back
    return frame


@contextmanager
def attached(**settings: Any) -> Iterator[Runtime]:
    runtime = Runtime(Settings(**{"log_interval": 0.0, **settings}))
    loop = asyncio.get_running_loop()
    pool = concurrent.futures.thread.ThreadPoolExecutor
    submit = pool.submit
    count_thread_jobs(concurrent.futures.thread, runtime._decision, runtime.failed)
    watch_requests(runtime._watch, runtime._tally)
    runtime.install(loop)
    runtime.running(loop, loop_frame())
    try:
        yield runtime
    finally:
        pool.submit = submit  # type: ignore[method-assign]
        runtime.running(loop, None)
        uninstall(loop)
        watch_requests(None)
