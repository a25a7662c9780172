"""A send to a channel that nobody receives from.

## What it does

Follows each channel from its `make` through variables, parameters, fields and results. Reports a
send that nothing but a receiver can end, if the package receives from the channel nowhere, and
nobody else can get at it.

## Why

Whoever received was removed, or never written; or it is another channel that is received from. The
goroutine that sends waits for ever, at once if the channel has no places, else when these are full:
after a while, in production. Cause: channel-cascade.

## Bad

```go
package p

type watch struct {
        events chan int
        errors chan error
}

func start(read func() (int, error)) *watch {
        w := &watch{events: make(chan int), errors: make(chan error)}
        go func() {
                for {
                        n, err := read()
                        if err != nil {
                                w.errors <- err
                                return
                        }
                        w.events <- n
                }
        }()
        return w
}

func (w *watch) next() int {
        return <-w.events
}
```

## Good

```go
package p

type watch struct {
        events chan int
        errors chan error
}

func start(read func() (int, error)) *watch {
        w := &watch{events: make(chan int), errors: make(chan error)}
        go func() {
                for {
                        n, err := read()
                        if err != nil {
                                w.errors <- err
                                return
                        }
                        w.events <- n
                }
        }()
        return w
}

func (w *watch) next() (int, error) {
        select {
        case n := <-w.events:
                return n, nil
        case err := <-w.errors:
                return 0, err
        }
}
```

## Not reported

A case of a select with others; a channel with places enough for all that is sent; channels of the
package; channels that another package, an interface or a function value gets, unless it can only
send to them.

## Silence

`//snowshed:ignore SN317 reason` on the line of the send, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go._channels import Does, channels
from snowshed.lint._go._locals import locals_of
from snowshed.lint._go._mentions import FieldOf
from snowshed.lint._go._package import related
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go import _nodes as n
    from snowshed.lint._go._channels import Channel, Operation
    from snowshed.lint._go._locals import Local

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each send that nobody receives."""
    told: set[n.Node] = set()
    by_channel = {local.channel: local for local in locals_of(package)}
    for channel in channels(package):
        if channel.receives_outside or not channel.sends or channel.receives:
            continue
        if not _fills(channel, by_channel.get(channel)):
            continue
        for each in channel.sends:
            if each.is_plain and each.node not in told and not channel.is_tried_out(each):
                told.add(each.node)
                yield _finding(channel, each)


def _fills(channel: Channel, local: Local | None) -> bool:
    """Tell whether more may be sent than the channel has places."""
    if channel.capacity == 0:
        return True
    # Who looks how much is in it may do so in place of receiving.
    if channel.of(Does.LENGTH) or channel.function.file.source.is_test:
        return False
    if local is None:
        return any(isinstance(each, FieldOf) for each in channel.keeps)
    plain = [act for act in local.sends() if act.operation.is_plain]
    return channel.capacity is not None and local.total(plain) > channel.capacity


def _finding(channel: Channel, operation: Operation) -> Finding:
    sent = operation.node
    full = "" if channel.capacity == 0 else " once the channel is full"
    return sent.function.file.finding(
        "SN317",
        sent,
        f"{short(sent)} waits for ever{full}: nobody receives from the channel",
        related=[related(channel.made, "the channel is made here")],
        waits_at=[sent],
    )


RULE = Rule(
    "SN317",
    "send-nobody-receives",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
)
