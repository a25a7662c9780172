"""What a caller may say about its own request: how long it waits, how many tasks it grants.

A header can only tighten what the service allows. One that cannot be read is ignored: a client's
mistake in a hint is no reason to refuse its request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_GRPC_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_GRPC_TIMEOUT = re.compile(r"(\d{1,8})([HMSmun])")
_WHOLE = re.compile(r"\d{1,9}")


def timeout_ms(value: str) -> float | None:
    """Return the seconds in an ``x-request-timeout-ms`` header; None if it is unreadable or 0."""
    text = value.strip()
    return int(text) / 1000 or None if _WHOLE.fullmatch(text) else None


def grpc_timeout(value: str) -> float | None:
    """Return the seconds in a ``grpc-timeout`` header (gRPC over HTTP/2: digits and a unit)."""
    match = _GRPC_TIMEOUT.fullmatch(value.strip())
    return int(match[1]) * _GRPC_UNITS[match[2]] or None if match else None


def task_budget(value: str) -> float | None:
    """Return the number of tasks in a ``snowshed-budget`` header; None if it is unreadable or 0."""
    text = value.strip()
    return int(text) or None if _WHOLE.fullmatch(text) else None


_TIMEOUTS = {b"x-request-timeout-ms": timeout_ms, b"grpc-timeout": grpc_timeout}


def tightened(
    headers: Iterable[tuple[bytes, bytes]], *, timeout: float | None, budget: int | None
) -> tuple[float | None, int | None]:
    """Return timeout (seconds) and budget (tasks), made tighter by what ``headers`` ask for.

    Names in ``headers`` are lower case, as ASGI has them.
    """
    for name, value in headers:
        read = _TIMEOUTS.get(name)
        if read is not None:
            timeout = _tighter(timeout, read(value.decode("latin-1")))
        elif name == b"snowshed-budget":
            asked = _tighter(budget, task_budget(value.decode("latin-1")))
            budget = None if asked is None else int(asked)
    return timeout, budget


def _tighter(allowed: float | None, asked: float | None) -> float | None:
    if allowed is None or asked is None:
        return allowed if asked is None else asked
    return min(allowed, asked)
