"""A goroutine sends to a channel whose only receiver is a select that may leave by another case.

## What it does

Reports a send that nothing but a receiver can end, if all that ever receives is a case of a
`select` and a way leads from another of its cases out of the function. Two shapes are known: a
function that starts a goroutine and waits for its result *or* for a timeout, a context, a stop;
and a loop that serves a channel without places, held in a field, until it is told to stop, while
methods send to that channel without asking whether the loop still runs. A channel that is sent
along with a request, for the answer, is reported where it is made. Reports also a send to all
channels of a list whose makers may return from the loop in which they receive.

## Why

The select takes the other case: the request timed out, the service stops. Nobody has the channel
any more, and the goroutine that sends waits for ever, with all that it holds: its stack, a
connection, a lock. In a flood requests time out in their thousands, and each leaves one behind.
Cause: channel-cascade.

## Bad

```go
package p

import "context"

func ask(ctx context.Context, work func() int) (int, error) {
        answer := make(chan int)
        go func() {
                answer <- work()
        }()
        select {
        case n := <-answer:
                return n, nil
        case <-ctx.Done():
                return 0, ctx.Err()
        }
}
```

```go
package p

type loop struct {
        jobs chan int
        stop chan struct{}
}

func newLoop() *loop {
        l := &loop{jobs: make(chan int), stop: make(chan struct{})}
        go l.run()
        return l
}

func (l *loop) run() {
        for {
                select {
                case n := <-l.jobs:
                        println(n)
                case <-l.stop:
                        return
                }
        }
}

func (l *loop) add(n int) {
        l.jobs <- n
}

func (l *loop) close() {
        close(l.stop)
}
```

## Good

```go
package p

import "context"

func ask(ctx context.Context, work func() int) (int, error) {
        answer := make(chan int, 1) // the goroutine ends, whoever waits
        go func() {
                answer <- work()
        }()
        select {
        case n := <-answer:
                return n, nil
        case <-ctx.Done():
                return 0, ctx.Err()
        }
}
```

```go
package p

type loop struct {
        jobs chan int
        stop chan struct{}
}

func newLoop() *loop {
        l := &loop{jobs: make(chan int), stop: make(chan struct{})}
        go l.run()
        return l
}

func (l *loop) run() {
        for {
                select {
                case n := <-l.jobs:
                        println(n)
                case <-l.stop:
                        return
                }
        }
}

func (l *loop) add(n int) bool {
        select {
        case l.jobs <- n:
                return true
        case <-l.stop:
                return false
        }
}

func (l *loop) close() {
        close(l.stop)
}
```

## Not reported

- A send that is itself a case of a select with another way out.
- A channel that has a place for each send. Any number of places is taken for enough, unless the
  receiver goes on until it is told to stop.
- A function that is called once for each element, by others or in a loop, and leaves each time.
- A case that receives, or looks whether it has to, before it leaves.
- A case that is taken only when the goroutine has sent elsewhere and will not send here.
- A channel that somebody gets who is not seen: another package, an interface.

Whether anybody still calls the method once the loop has stopped, syntax cannot see.

## Silence

`//snowshed:ignore SN301 reason` on the line of the send, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go._abandoned import How, abandoned
from snowshed.lint._go._channels import Does
from snowshed.lint._go._package import related
from snowshed.lint._go._serving import unserved, unsubscribed
from snowshed.lint._go._wording import case_of, roomier, short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go import _nodes as n
    from snowshed.lint._go._abandoned import Abandoned
    from snowshed.lint._go._serving import Unserved, Unsubscribed

__all__ = ["RULE"]

_FEW = 8


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each send that is stuck once a select has left."""
    for each in abandoned(package):
        if each.how is How.SELECT:
            yield _of_function(each)
    made: set[n.Node] = set()
    for served in unserved(package):
        if served.operation.does is not Does.SEND:
            continue
        if not served.is_reply:
            yield _of_loop(served)
        elif served.channel.made not in made:
            made.add(served.channel.made)
            yield _of_reply(served)

    for each_of_all in unsubscribed(package):
        yield _of_subscriber(each_of_all)


def _of_function(found: Abandoned) -> Finding:
    sent, leaving, local = found.first, found.leaving, found.local
    assert leaving is not None
    assert leaving.select is not None
    fix = None
    if 0 < found.fits <= _FEW:
        fix = roomier(local.channel, str(found.fits), safe=found.fits == 1)
    line = leaving.select.line
    return sent.function.file.finding(
        "SN301",
        sent,
        f"{short(sent)} has no receiver once the select on line {line} has left "
        f"by {case_of(leaving.case)}",
        related=[
            related(leaving.case or leaving.select, "the case by which the receiver leaves"),
            related(local.channel.made, f"`{local.name}` has no place for it"),
        ],
        fix=fix,
        waits_at=[act.node for act in found.sends],
    )


def _of_reply(found: Unserved) -> Finding:
    """Return the finding where the channel is made: who answers cannot know who still waits."""
    made, sent = found.channel.made, found.operation.node
    is_near = sent.function.file is made.function.file
    return made.function.file.finding(
        "SN301",
        made,
        f"{short(made)} has no place for the answer {short(sent)} once the select on line "
        f"{found.select.line} has left by {case_of(found.case)}",
        related=[
            related(found.case, "the case by which the receiver leaves"),
            related(sent, "who answers waits for ever"),
        ],
        fix=roomier(found.channel, "1", safe=False),
        confidence=0.8,
        waits_at=[sent] if is_near else [],
    )


def _of_loop(found: Unserved) -> Finding:
    sent = found.operation.node
    select = found.select
    capacity = found.channel.capacity
    places = "no place" if capacity == 0 else "only so many places"
    return sent.function.file.finding(
        "SN301",
        sent,
        f"{short(sent)} has no receiver once `{select.function.display}` has left its select "
        f"by {case_of(found.case)}",
        related=[
            related(found.case, "the case by which the receiver leaves"),
            related(found.channel.made, f"{places} for what nobody takes"),
        ],
        confidence=0.7,
        waits_at=[sent],
    )


def _of_subscriber(found: Unsubscribed) -> Finding:
    sent, end = found.operation.node, found.end
    return sent.function.file.finding(
        "SN301",
        sent,
        f"{short(sent)} waits for each of those that listen, and `{end.function.display}` may have "
        f"left on line {end.line}",
        related=[
            related(end, "here one leaves while it is sent to"),
            related(found.channel.made, "its channel has no place"),
        ],
        confidence=0.7,
        waits_at=[sent],
    )


RULE = Rule(
    "SN301",
    "sender-stuck-on-abandoned-select",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
    fixes=True,
    safe_fixes=True,
)
