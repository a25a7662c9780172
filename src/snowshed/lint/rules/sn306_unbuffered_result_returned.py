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

func Later(work func() int) <-chan int {
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

func Later(work func() int) <-chan int {
        result := make(chan int, 1)
        go func() {
                result <- work()
        }()
        return result
}
```

## Not reported

A goroutine that sends more than once, which is a stream; a send with another way out; a function
of the package whose callers all receive and wait for nothing else.

## Silence

`//snowshed:ignore SN306 reason` on the line of the send, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go._channels import channels
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._locals import most
from snowshed.lint._go._mentions import ResultOf
from snowshed.lint._go._package import related
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
        if channel.capacity != 0 or not _is_returned(channel):
            continue
        sent = _result(channel)
        if sent is not None:
            yield _finding(channel, sent)


def _is_returned(channel: Channel) -> bool:
    """Tell whether the maker returns it to somebody who may not receive."""
    places = range(len(channel.function.results))
    if not any(ResultOf(channel.function, place) in channel.keeps for place in places):
        return False
    return channel.receives_outside or any(not each.is_plain for each in channel.receives)


def _result(channel: Channel) -> Operation | None:
    """Return a plain send, if one goroutine of the maker sends, and only once."""
    bodies = {each.function for each in channel.sends}
    started = {body: at for at, body in starts(channel.function) if body.outer is channel.function}
    body = bodies.pop() if len(bodies) == 1 else None
    plain = [each for each in channel.sends if each.is_plain]
    if body is None or body not in started or not plain:
        return None
    maker = flow_of(channel.function)
    at = maker.point_of(started[body])
    if at is None or maker.is_in_loop(at):
        return None
    flow = flow_of(body)
    points = [flow.point_of(each.node) for each in plain]
    if any(point is None or flow.is_in_loop(point) for point in points):
        return None
    once = most(flow, {point: 1 for point in points if point is not None}) == 1
    return plain[0] if once else None


def _finding(channel: Channel, sent: Operation) -> Finding:
    node = sent.node
    return node.function.file.finding(
        "SN306",
        node,
        f"{short(node)} waits for ever if who called `{channel.function.display}` does not receive",
        related=[related(channel.made, "the channel has no place for it")],
        fix=roomier(channel, "1", safe=True),
        waits_at=[node],
    )


RULE = Rule(
    "SN306",
    "unbuffered-result-returned",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.MEDIUM,
    fixes=True,
    safe_fixes=True,
    in_tests=True,
)
