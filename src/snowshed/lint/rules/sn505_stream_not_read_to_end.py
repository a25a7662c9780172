"""A stream of gRPC is left before its end, and nothing cancels it.

## What it does

Reports, as advice, a stream that a client opens on the background context and leaves before an
error or `io.EOF` tells its end.

## Why

A stream holds a goroutine and its buffers on both sides until it ends: by the server, by an error,
or by its context. Who stops to read and whose context nobody cancels has it until the connection is
closed, and that of a service mostly never is. Cause: unreleased-resource.

## Bad

```go
package p

import (
        "context"

        "google.golang.org/grpc"
        pb "example.com/shop"
)

func first(conn *grpc.ClientConn) (*pb.Offer, error) {
        stream, err := pb.NewShopClient(conn).Offers(context.Background(), &pb.All{})
        if err != nil {
                return nil, err
        }
        return stream.Recv()
}
```

## Good

```go
package p

import (
        "context"

        "google.golang.org/grpc"
        pb "example.com/shop"
)

func first(ctx context.Context, conn *grpc.ClientConn) (*pb.Offer, error) {
        ctx, cancel := context.WithCancel(ctx)
        defer cancel()
        stream, err := pb.NewShopClient(conn).Offers(ctx, &pb.All{})
        if err != nil {
                return nil, err
        }
        return stream.Recv()
}
```

## Not reported

A stream on another context, for somebody may cancel it; one that is read in a loop which only an
error ends, ended by `CloseAndRecv`, returned, kept or handed on.

## Silence

`//snowshed:ignore SN505 reason`, on the line or the one above it.

"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._closing import opened_in
from snowshed.lint._rule import Rule
from snowshed.model import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._closing import Opened
    from snowshed.lint._go._package import Package

__all__ = ["RULE"]

_BACKGROUND = frozenset({"context.Background()", "context.TODO()"})
_ASKS = frozenset({"Recv", "Send", "CloseSend", "Header", "Trailer", "RecvMsg", "SendMsg"})


def in_go(package: Package) -> Iterator[Finding]:
    """Yield the streams that are left open."""
    for function in package.interesting:
        if function.file.source.is_test:
            continue
        if b".Recv" not in function.code or b"context." not in function.code:
            continue
        for opened in opened_in(function, _is_on_background, _never, _never):
            if _is_stream(opened) and not _is_read_to_end(opened):
                name = opened.variable.name
                message = (
                    f"`{name}` is left before its end, and nothing cancels it: "
                    "both sides keep it for as long as the connection lives"
                )
                yield function.file.finding(
                    "SN505", opened.statement, message, tier=Tier.ADVICE, confidence=0.6
                )


def _never(_: n.Name) -> bool:
    return False


def _is_on_background(call: n.Call) -> bool:
    if not call.arguments or not isinstance(call.called, n.Selector):
        return False
    first = call.arguments[0]
    if (
        isinstance(first, n.Name)
        and first.variable is not None
        and first.variable.value is not None
    ):
        first = first.variable.value
    return n.path_of(first) in _BACKGROUND and not call.path.startswith("context.")


def _is_stream(opened: Opened) -> bool:
    """Tell whether it is a stream of which nobody else has hold."""
    uses = opened.variable.uses
    asked = {use.parent.field_ for use in uses if isinstance(use.parent, n.Selector)}
    return (
        bool(uses)
        and bool(asked & {"Recv", "RecvMsg"})
        and all(
            isinstance(use.parent, n.Selector)
            and use.parent.field_ in _ASKS
            and use.function is opened.statement.function
            for use in uses
        )
    )


def _is_read_to_end(opened: Opened) -> bool:
    """Tell whether it is read in a loop that is left only if something has failed, or has ended."""
    for use in opened.variable.uses:
        if not isinstance(use.parent, n.Selector) or use.parent.field_ not in {"Recv", "RecvMsg"}:
            continue
        loop = next((each for each in n.inside(use) if isinstance(each, n.For)), None)
        if loop is not None and loop.is_endless and all(map(_is_of_end, _leaving(loop))):
            return True
    return False


def _leaving(loop: n.For) -> Iterator[n.Node]:
    for each in n.walk(loop.body):
        if isinstance(each, n.Return) or (isinstance(each, n.Branch) and each.keyword == "break"):
            yield each


def _is_of_end(node: n.Node) -> bool:
    """Tell whether ``node`` is done only when there was an error, of which ``io.EOF`` is one."""
    return any(
        isinstance(each, n.If)
        and ("err" in each.condition.text.lower() or "EOF" in each.condition.text)
        for each in n.inside(node)
    )


RULE = Rule(
    "SN505", "stream-not-read-to-end", Cause.UNRELEASED_RESOURCE, in_go=in_go, tier=Tier.ADVICE
)
