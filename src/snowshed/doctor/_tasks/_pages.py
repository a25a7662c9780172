"""What the pages beside the tasks tell: who waits for whom, what blocks, who failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from snowshed.doctor._tasks._facts import (
    Blocking,
    Client,
    Ended,
    Facts,
    Knot,
    Line,
    Lock,
    OpenRequest,
)
from snowshed.model import Frame

T = TypeVar("T")

__all__ = ["facts"]

# What asyncio, and those like it, hold while somebody waits: told as a lock that has a holder.
_OWN = ("/asyncio/", "/anyio/", "/snowshed/", "/uvloop/")


def facts(document: Mapping[str, Any], taken_at: float | None) -> Facts:
    """Return what ``document`` tells beside its tasks.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is not as the pages are.
    """
    graphs = [*_graphs(document)]
    sampler, requests = document.get("sampler"), document.get("requests")
    runtime = document.get("runtime")
    found = Facts(
        knots=_all(map(_knot, _among(graphs, "deadlocks"))) if graphs else None,
        locks=_all(map(_lock, _among(graphs, "cascades"))) if graphs else None,
        blocking=_each(sampler and sampler["blocked_by"], _blocking),
        lag=sampler and tuple(float(each["worst"]) for each in sampler.get("lag", ())),
        lines=_each(document.get("sites"), _line),
        ended=_each(document.get("history"), _ended),
        requests=_each(requests and requests["busiest"], _request),
        outlived=runtime and int(runtime["outlived"]),
        clients=_each(document.get("clients"), _client),
    )
    return Facts() if not found else found.and_(Facts(taken_at=taken_at))


def _graphs(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the graph of waits of the page, or of each process in `snowshed waits`."""
    if isinstance(document.get("waits"), Mapping):
        yield document["waits"]
    for process in document.get("processes", ()):
        if isinstance(process.get("waits"), Mapping):
            yield process["waits"]


def _among(graphs: Iterable[Mapping[str, Any]], name: str) -> Iterator[Mapping[str, Any]]:
    for graph in graphs:
        yield from graph[name]


def _all(found: Iterable[T | None]) -> tuple[T, ...]:
    return tuple(each for each in found if each is not None)


def _each(
    found: Iterable[Mapping[str, Any]] | None, make: Callable[[Mapping[str, Any]], T]
) -> tuple[T, ...] | None:
    return None if found is None else tuple(map(make, found))


def _frame(found: Mapping[str, Any]) -> Frame:
    return Frame(str(found["function"]), str(found["file"]), int(found["line"]))


def _place(task: Mapping[str, Any]) -> Frame:
    """Return the innermost line of a task that is not the machinery's."""
    stack = [*map(_frame, task["stack"])] or [_frame(task["function"])]
    own = (frame for frame in stack if not any(part in frame.file for part in _OWN))
    return next(own, stack[0])


def _is_resource(node: Mapping[str, Any]) -> bool:
    return "state" not in node


def _knot(deadlock: Mapping[str, Any]) -> Knot:
    steps = tuple(
        (str(node.get("text") or node["kind"]), None, 0)
        if _is_resource(node)
        else (str(node["name"]), _place(node), int(node["id"]))
        for node in deadlock["ring"]
    )
    through = any(at is None for _, at, _ in steps)
    return Knot(int(deadlock["tasks"]), int(deadlock["behind"]), steps, through)


def _lock(cascade: Mapping[str, Any]) -> Lock | None:
    head, suspect = cascade["head"], cascade.get("suspect")
    if not _is_resource(head):
        return None
    waiters = [step["node"] for step in cascade.get("chain", ())[1:2]]
    return Lock(
        str(head.get("text") or head["kind"]),
        int(cascade["behind"]),
        next((_place(node) for node in waiters if not _is_resource(node)), None),
        None if suspect is None else _place(suspect),
        "" if suspect is None else str(suspect["state"]),
    )


def _blocking(found: Mapping[str, Any]) -> Blocking:
    return Blocking(
        _frame(found["frame"]),
        str(found["call"]),
        int(found["events"]),
        float(found["seconds"]),
        float(found["longest"]),
    )


def _line(found: Mapping[str, Any]) -> Line:
    return Line(
        _frame(found["created_at"]),
        str(found["owner"]),
        int(found["created"]),
        int(found["live"]),
        int(found["unretrieved"]),
    )


def _ended(found: Mapping[str, Any]) -> Ended:
    return Ended(
        _frame(found["created_at"]),
        str(found["function"]),
        str(found["reason"]),
        str(found["detail"]),
    )


def _request(found: Mapping[str, Any]) -> OpenRequest:
    return OpenRequest(str(found["name"]), int(found["live"]))


def _client(found: Mapping[str, Any]) -> Client:
    return Client(
        str(found["kind"]), _frame(found["created_at"]), int(found["created"]), int(found["live"])
    )
