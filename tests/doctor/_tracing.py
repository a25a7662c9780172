"""Traces of a service that runs, taken while something is done to it."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from snowshed.formats import gotrace

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor._patient import Patient
    from snowshed.model import GoTrace


def trace_of(service: Patient, *meanwhile: Callable[[], object], seconds: float = 1.0) -> bytes:
    """Return a trace of so many seconds, in which all that is done is done at the same time.

    Args:
        service: whom to ask.
        meanwhile: each asks for a page with ``?traced``, which waits for the trace to begin. It is
            begun once all wait: whoever came after its end would wait for ever.
        seconds: how long it is.
    """
    with ThreadPoolExecutor(len(meanwhile) + 1) as threads:
        doing = [threads.submit(do) for do in meanwhile]
        if doing:
            wait_for_askers(service, len(doing))
        trace = threads.submit(service.get, f"debug/pprof/trace?seconds={seconds:g}")
        for each in doing:
            each.result()
        return trace.result()


def wait_for_askers(service: Patient, count: int = 1) -> None:
    """Return once so many who asked with ``?traced`` wait for a trace to begin."""
    give_up = time.monotonic() + 60
    while int(service.get("waiting")) < count:
        assert time.monotonic() < give_up, "nobody waits for a trace"
        time.sleep(0.01)


def traced(service: Patient, *meanwhile: Callable[[], object], seconds: float = 1.0) -> GoTrace:
    return gotrace.read(io.BytesIO(trace_of(service, *meanwhile, seconds=seconds)))
