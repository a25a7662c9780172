"""transport-no-timeout: calls over HTTP wait for answers that do not come.

Looks for: goroutines of the program that wait in Go's HTTP client for the head of an answer; tasks
of Python that wait in aiohttp, httpx or gRPC.

Why: ``http.DefaultClient``, and each client that does not say otherwise, waits for ever; in Python
one that was told so, by ``timeout=None``. When the other side hangs, every call to it hangs too,
with all that it has.

Evidence: there are more of them from look to look; they wait for minutes.

Against: another side that is slow shows the same for a while; and long polls wait on purpose.

Silence: a context with a deadline for each call, or ``http.Client{Timeout: ...}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._python_calls import calls
from snowshed.doctor.causes._waits import OLD, grows
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "transport-no-timeout",
    Cause.MISSING_DEADLINE,
    why="a client without a deadline waits for ever when the other side hangs",
    go="give each call a deadline: http.NewRequestWithContext with context.WithTimeout, "
    "or http.Client{Timeout: ...}",
    python="give each call a deadline that its caller can wait for: ClientTimeout(total=...) of "
    "aiohttp, timeout=... of httpx, or a scope around it: open_scope(name, timeout=...)",
)
_AGAINST = "another side that is slow, or a long poll, shows the same"
# HTTP/2 has moved between packages from release to release.
_WAITS = re.compile(
    r"net/http\.\(\*persistConn\)\.roundTrip|.*http2?\.\(\*(?:http2)?ClientConn\)\.[rR]oundTrip"
)


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each line whose calls wait for answers, if they become more, or do for minutes."""
    for group in case.groups:
        waits = any(_WAITS.fullmatch(frame.function) for frame in group.stack)
        if waits and (grows(case, group) or group.minutes >= OLD):
            yield Suspicion(
                DETAIL,
                group,
                0.6,
                evidence=("each waits for the head of an answer",),
                against=(_AGAINST,),
            )
    for call in calls(case):
        if call.over_http:
            yield Suspicion(DETAIL, call.group, 0.6, evidence=call.evidence, against=(_AGAINST,))
