"""What a caller may say about its own request: how long it waits, how many tasks it grants.

A header can only tighten what the service allows. One that cannot be read is ignored and counted: a
client's mistake in a hint is no reason to refuse its request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from snowshed.shed._baggage import NOTHING, Baggage
from snowshed.shed._bounds import tighter
from snowshed.shed._criticality import Criticality, parse_criticality

__all__ = [
    "BUDGET",
    "CRITICALITY",
    "REQUEST_ID",
    "TIMEOUT_MS",
    "HeaderStatistics",
    "baggage_of",
    "grpc_timeout",
    "statistics",
    "task_budget",
    "tightened",
    "timeout_ms",
]

TIMEOUT_MS = "x-request-timeout-ms"
BUDGET = "snowshed-budget"
CRITICALITY = "x-criticality"
REQUEST_ID = "x-request-id"

LONGEST_TIMEOUT = 3600.0
"""Seconds; whoever says that it waits for longer than an hour has made a mistake."""

_GRPC_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_GRPC_TIMEOUT = re.compile(r"([0-9]{1,8})([HMSmun])")
_WHOLE = re.compile(r"[0-9]{1,9}")
# Visible ASCII: an id goes into logs and into the headers of other calls as it is.
_ID = re.compile(rb"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class HeaderStatistics:
    """What became of the headers of this kind that the process has received.

    Attributes:
        ignored: those that could not be read: not a number, negative, 0, too long, no known name.
    """

    ignored: int


_ignored = 0


def statistics() -> HeaderStatistics:
    """Return the counts so far."""
    return HeaderStatistics(_ignored)


def _ignore() -> None:
    global _ignored  # noqa: PLW0603 - one count per process is the design
    _ignored += 1


def timeout_ms(value: str) -> float | None:
    """Return the seconds in an ``x-request-timeout-ms`` header; None if it is unreadable or 0."""
    text = value.strip()
    return _sensible(int(text) / 1000) if _WHOLE.fullmatch(text) else None


def grpc_timeout(value: str) -> float | None:
    """Return the seconds in a ``grpc-timeout`` header (gRPC over HTTP/2: digits and a unit)."""
    match = _GRPC_TIMEOUT.fullmatch(value.strip())
    return _sensible(int(match[1]) * _GRPC_UNITS[match[2]]) if match else None


def _sensible(seconds: float) -> float | None:
    return seconds if 0 < seconds <= LONGEST_TIMEOUT else None


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
            timeout = tighter(timeout, _known(read(value.decode("latin-1"))))
        elif name == b"snowshed-budget":
            asked = tighter(budget, _known(task_budget(value.decode("latin-1"))))
            budget = None if asked is None else int(asked)
    return timeout, budget


def baggage_of(headers: Iterable[tuple[bytes, bytes]], *, trusted: bool = False) -> Baggage:
    """Return the class and the id that ``headers`` give to a request.

    A stranger may lower the class of its request; to raise it above ``CRITICAL`` the caller must
    be ``trusted``. Names in ``headers`` are lower case.
    """
    criticality: Criticality | None = None
    request_id: str | None = None
    for name, value in headers:
        if name == b"x-criticality":
            criticality = parse_criticality(value)
            if criticality is None:
                _ignore()
            elif not trusted:
                criticality = min(criticality, Criticality.CRITICAL)
        elif name == b"x-request-id":
            if _ID.fullmatch(value):
                request_id = value.decode("ascii")
            else:
                _ignore()
    if criticality is None and request_id is None:
        return NOTHING
    return Baggage(criticality, request_id)


def _known(asked: float | None) -> float | None:
    if asked is None:
        _ignore()
    return asked
