"""A function returns a channel without places to which a goroutine of it sends one result.

## What it does

Reports a send that nothing but a receiver can end, to a channel without places which the function
that starts the goroutine returns: who called decides whether it ever receives.

## Why

A caller that stops waiting, by a timeout or an error, leaves the goroutine behind for ever, and
the function cannot know. With one place the goroutine ends, whatever its callers do.
Cause: channel-cascade.

## Bad

```go
package p

func later(work func() int) <-chan int {
        result := make(chan int)
        go func() {
                result <- work()
        }()
        return result
}
```

## Good

```go
package p

func later(work func() int) <-chan int {
        result := make(chan int, 1)
        go func() {
                result <- work()
        }()
        return result
}
```

## Not reported

A goroutine that sends more than once, which is a stream; a send with another way out.

## Silence

`//snowshed:ignore SN306 reason` on the line of the send, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go._channels import channels
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._mentions import ResultOf
from snowshed.lint._go._package import related
from snowshed.lint._go._scope import Kind, Variable
from snowshed.lint._go._threads import starts
from snowshed.lint._go._wording import roomier, short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go._channels import Channel, Operation

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each send of a result to a channel that is returned."""
    for channel in channels(package):
        if channel.capacity != 0 or ResultOf(channel.function, 0) not in channel.keeps:
            continue
        sent = _only_send(channel)
        if sent is not None:
            yield _finding(channel, sent)


def _only_send(channel: Channel) -> Operation | None:
    """Return the send, if the function starts one goroutine that sends once, and knows no other."""
    bodies = [body for _, body in starts(channel.function) if body.outer is channel.function]
    sends = channel.sends
    if len(sends) != 1 or not sends[0].is_plain or sends[0].function not in bodies:
        return None
    own = [each for each in channel.keeps if isinstance(each, Variable)]
    if any(each.kind is Kind.LOCAL and each.function is not channel.function for each in own[:1]):
        return None
    flow = flow_of(sends[0].function)
    point = flow.point_of(sends[0].node)
    return None if point is None or flow.is_in_loop(point) else sends[0]


def _finding(channel: Channel, sent: Operation) -> Finding:
    node = sent.node
    return node.function.file.finding(
        "SN306",
        node,
        f"{short(node)} waits for ever if who called `{channel.function.display}` does not receive",
        related=[related(channel.made, "the channel has no place for it")],
        fix=roomier(channel, "1", safe=True),
        tier=Tier.ADVICE,
        waits_at=[node],
    )


RULE = Rule(
    "SN306",
    "unbuffered-result-returned",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    tier=Tier.ADVICE,
    severity=Severity.LOW,
    fixes=True,
)
