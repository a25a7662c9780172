"""undrained-stream: one end of a stream has left, and the other waits for it.

Looks for: ``io.Pipe`` with somebody at one end; streams of HTTP/2 whose answer has come and was
neither read nor closed; streams of gRPC that were neither read to their end nor cancelled; and
those who write to a peer that does not read.

Why: a stream ends when it is read to its end, closed, or its context is cancelled. Whoever leaves
it in the middle, on an error or after the first message, leaves the goroutine at the other end, and
the window of the connection with it.

Evidence: there are more from look to look; whoever made them has ended, or has gone on to something
else; the collector has proven that nobody can come any more.

Against: a stream is open for as long as somebody reads it, and that may be long.

Silence: ``r.CloseWithError(err)`` where the reader of a pipe gives up, ``defer w.Close()`` in its
writer; ``defer resp.Body.Close()``; a context that is cancelled for each stream of gRPC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.doctor._cause import Detail, Suspicion
from snowshed.doctor.causes._signs import Calls, call_of, lasts, makers_of, program_of
from snowshed.doctor.causes._waits import MANY, grows, orphans
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.doctor._case import Case
    from snowshed.doctor._looks import Group

__all__ = ["DETAIL", "suspicions"]

DETAIL = Detail(
    "undrained-stream",
    Cause.UNRELEASED_RESOURCE,
    why="whoever was at one end has left in the middle, without closing it",
    go="close what you leave: r.CloseWithError(err) and defer w.Close() for a pipe, "
    "defer resp.Body.Close() for an answer, a context that you cancel for a stream of gRPC",
    python="read the stream in async with or aclosing(), so that it is closed when you leave",
)
_PIPE = Calls(r"io\.\(\*pipe\)\.(read|write)$")
_HTTP2 = r"(?:net/http/internal/http2\.\(\*|golang\.org/x/net/http2\.\(\*|net/http\.\(\*http2)"
_STREAM = Calls(_HTTP2 + r"clientStream\)\.doRequest")
_ROUND_TRIP = Calls(_HTTP2 + r"ClientConn\)\.(?:roundTrip|RoundTrip)")
_GRPC_STREAM = Calls(r"google\.golang\.org/grpc\.newClientStream(?:WithParams)?\.func\d")
# Who has no room to write: the window of a stream is used up.
_NO_ROOM = Calls(
    _HTTP2 + r"(?:serverConn\)\.writeDataFromHandler|clientStream\)\.awaitFlowControl)"
    r"|google\.golang\.org/grpc/internal/transport\.\(\*writeQuota\)\.get"
)
_GRPC_READ = Calls(r"google\.golang\.org/grpc\.\(\*(?:clientStream|csAttempt)\)\.[rR]ecvMsg")
_GRPC_UNARY = Calls(r"google\.golang\.org/grpc\.invoke$")


def suspicions(case: Case) -> Iterator[Suspicion]:
    """Yield each group at an end of a stream whose other end seems to have left."""
    for group in case.groups:
        pipe = call_of(group, _PIPE)
        if pipe is not None:
            yield from _at_pipe(case, group, pipe.function.endswith("write"))
        elif call_of(group, _GRPC_STREAM):
            yield from _streams_of_grpc(case, group)
        elif call_of(group, _STREAM) and group.where.state == "select":
            yield from _streams_of_http2(case, group)
        elif grows(case, group):
            yield from _peers(group)


def _at_pipe(case: Case, group: Group, writes: bool) -> Iterator[Suspicion]:
    left = orphans(case, group)
    if not (left or lasts(case, group)):
        return
    there, gone = ("write to", "read from") if writes else ("read from", "write to")
    yield Suspicion(
        DETAIL,
        group,
        0.7 if left or group.leaked else 0.65,
        evidence=(f"they {there} a pipe that nobody seems to {gone}",),
        against=() if group.leaked else ("the other end may be slow",),
    )


def _streams_of_grpc(case: Case, group: Group) -> Iterator[Suspicion]:
    makers = makers_of(case, group)
    if makers.at_work and not group.leaked:
        return
    if makers.left or group.count >= MANY or group.leaked or grows(case, group):
        yield Suspicion(
            DETAIL,
            group,
            0.85 if makers.left else 0.7,
            evidence=(
                "each stands for a stream that was neither read to its end nor cancelled",
                *makers.said,
            ),
            against=("a stream that is watched for long stands the same",),
        )


def _streams_of_http2(case: Case, group: Group) -> Iterator[Suspicion]:
    makers = makers_of(case, group)
    waiting = sum(each.count for each in case.groups if call_of(each, _ROUND_TRIP))
    answered = group.count - waiting
    said = (
        f"{answered:,} streams are open whose answer has come, and whose body is neither read to "
        "its end nor closed"
    )
    if answered >= MANY and not makers.at_work and (makers.left or grows(case, group)):
        yield Suspicion(
            DETAIL,
            group,
            0.8 if makers.left else 0.7,
            evidence=(said, *makers.said),
            against=("an answer that is being streamed stands the same",),
        )


def _peers(group: Group) -> Iterator[Suspicion]:
    if call_of(group, _NO_ROOM):
        yield Suspicion(
            DETAIL,
            group,
            0.65,
            evidence=("the window of each stream is used up: the other side does not read",),
            against=("a peer that reads slowly looks the same",),
        )
    elif call_of(group, _GRPC_READ) and not call_of(group, _GRPC_UNARY) and program_of(group):
        yield Suspicion(
            DETAIL,
            group,
            0.55,
            evidence=("each waits for the next message of a stream of gRPC",),
            against=("a watch waits like that for as long as nothing happens",),
        )
