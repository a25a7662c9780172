"""A receive waits for a sender that may give up without a word.

## What it does

Reports a receive that nothing but a sender can end, if all that ever sends to the channel is a case
of a `select` from which another case leads out of the function, and nobody closes the channel.

## Why

The sender gives up when its context is cancelled: that is right. But who receives does not look at
the context, and nobody tells it: it waits for ever. Cause: channel-cascade.

## Bad

```go
package p

import "context"

type queue struct {
        turns chan bool
}

func newQueue(ctx context.Context) *queue {
        q := &queue{turns: make(chan bool)}
        go q.send(ctx)
        return q
}

func (q *queue) send(ctx context.Context) {
        select {
        case q.turns <- true:
        case <-ctx.Done():
                return
        }
}

func (q *queue) wait() {
        <-q.turns
}
```

## Good

```go
package p

import "context"

type queue struct {
        turns chan bool
}

func newQueue(ctx context.Context) *queue {
        q := &queue{turns: make(chan bool)}
        go q.send(ctx)
        return q
}

func (q *queue) send(ctx context.Context) {
        defer close(q.turns)
        select {
        case q.turns <- true:
        case <-ctx.Done():
                return
        }
}

func (q *queue) wait() {
        <-q.turns
}
```

## Not reported

Channels with places, which mostly hold tokens; channels that stay in one function; channels that
somebody gets who is not seen; a function that is called once for each element; and a sender with a
`default`, which only wakes who already waits.

## Silence

`//snowshed:ignore SN318 reason` on the line of the receive, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._channels import Does
from snowshed.lint._go._package import related
from snowshed.lint._go._serving import unserved
from snowshed.lint._go._wording import case_of, short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go._serving import Unserved

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each receive whose senders may give up."""
    for each in unserved(package):
        if each.operation.does is not Does.SEND:
            yield _finding(each)


def _finding(found: Unserved) -> Finding:
    node = found.operation.node
    shown = node.ranged if isinstance(node, n.For) and node.ranged is not None else node
    sender = found.select.function.display
    return node.function.file.finding(
        "SN318",
        shown,
        f"{short(shown)} waits for ever if `{sender}` gives up by {case_of(found.case)}: "
        "nobody closes the channel",
        related=[
            related(found.case, "the case by which the sender leaves"),
            related(found.channel.made, "the channel is made here"),
        ],
        confidence=0.7,
        waits_at=[node],
    )


RULE = Rule(
    "SN318",
    "receiver-of-sender-that-gives-up",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
)
