"""Tasks of Python that call somebody over the network, and wait.

Who waits is told by the calls between the wait and the program: a client of HTTP, a stream that the
program reads itself, or a server, whose waits between two requests are nobody's fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from snowshed.doctor._program import Whose, whose
from snowshed.doctor._python_requests import for_requests
from snowshed.doctor._tasks import born, is_task
from snowshed.model import TaskState

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group
    from snowshed.model import Frame

__all__ = ["Call", "calls"]

# In a single look so many, each so old in seconds, are more than a moment.
MANY, OLD = 10, 60.0
_WAITS = frozenset(
    map(str, (TaskState.SOCKET, TaskState.EVENT, TaskState.FUTURE, TaskState.WAIT_FOR))
)
# Compiled when a task of Python waits, and not at the start of each command.
_HTTP = (
    r"[/\\](?:httpx2?|httpcore2?|grpc[/\\]aio)[/\\]|[/\\]aiohttp[/\\](?:client|connector)\w*\.py$"
)
_SERVERS = (
    r"[/\\](?:uvicorn|hypercorn|granian|daphne|gunicorn|starlette|fastapi|websockets|wsproto)[/\\]"
    r"|[/\\]aiohttp[/\\](?:web\w*|client_ws)\.py$"
)
# Until an answer begins; how long it then takes to be read is up to its length, and a stream of
# news has none.
_BEGINS = (
    r"ClientResponse\.start$|_receive_response(?:_headers)?$|(?:^|\.)UnaryUnaryCall\."
    r"|(?:^|\.)(?:_?connect\w*|_?create_\w*connection)$"
)
# What rests until there is news.
_RESTS = r"(?i)pubsub|listen|subscri|websocket|blpop|brpop|xread"
_DEADLINE = r"(?:^|\.)wait_for$"
# Where the system has called, and not the program.
_ACCEPTED = r"connection_made$"


class Call(NamedTuple):
    """A group of tasks that wait for a peer.

    Attributes:
        group: who waits.
        over_http: whether a client of HTTP waits on behalf of them.
        evidence: what is seen.
    """

    group: Group
    over_http: bool
    evidence: tuple[str, ...]


def calls(case: Case) -> Iterator[Call]:
    """Yield each group of tasks that call somebody, if they become more, or are many and old."""
    for group in case.groups:
        if group.where.state not in _WAITS or not group.is_python:
            continue
        inner = [*takewhile(lambda frame: whose(frame) is not Whose.PROGRAM, group.stack)]
        if len(inner) == len(group.stack) or _is_meant(group, inner):
            continue
        over_http = any(re.search(_HTTP, frame.file) for frame in inner)
        if over_http and not any(re.search(_BEGINS, frame.function) for frame in inner):
            continue
        # Without a request it may be a proxy that serves its clients for as long as they like.
        if not over_http and not (group.where.state == TaskState.SOCKET and for_requests(group)):
            continue
        growth = case.growth(group.where)
        old = [*_old(case, group)]
        if (growth is not None and growth.grows) or len(old) >= MANY:
            yield Call(group, over_http, tuple(_said(over_http, old)))


def _is_meant(group: Group, inner: list[Frame]) -> bool:
    """Tell whether a timeout will end the wait, or it is one that rests."""
    made = group.created_by
    return (
        (made is not None and re.search(_ACCEPTED, made.function) is not None)
        or not all(map(is_task, group.members))
        or any(re.search(_DEADLINE, frame.function) for frame in group.stack)
        or any(re.search(_SERVERS, each.file) or re.search(_RESTS, each.function) for each in inner)
    )


def _old(case: Case, group: Group) -> Iterator[float]:
    """Yield the ages of those that are old."""
    now = None if case.best is None else case.best.taken_at
    for each in group.members:
        made = born(each)
        if now is not None and made is not None and now - made >= OLD:
            yield now - made


def _said(over_http: bool, old: list[float]) -> Iterator[str]:
    yield "each waits for an answer over HTTP" if over_http else "each waits for its peer"
    if old:
        yield f"{len(old):,} of them were made more than a minute ago"
