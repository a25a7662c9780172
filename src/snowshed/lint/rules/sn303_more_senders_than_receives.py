"""Goroutines that are started in a loop send to a channel from which less is received.

## What it does

Reports a send to a channel that nobody but the starting function has, if there may be one for each
turn of a loop and the function receives a fixed number of times: the first answer of many.

## Why

The first to answer is received, and all the others wait for ever. It looks like a race that is won,
and it is one leaked goroutine less than there are replicas, for each request.
Cause: channel-cascade.

## Bad

```go
package p

func fastest(replicas []string, ask func(string) string) string {
        answer := make(chan string)
        for _, replica := range replicas {
                go func() {
                        answer <- ask(replica)
                }()
        }
        return <-answer
}
```

## Good

```go
package p

func fastest(replicas []string, ask func(string) string) string {
        answer := make(chan string, len(replicas)) // a place for each
        for _, replica := range replicas {
                go func() {
                        answer <- ask(replica)
                }()
        }
        return <-answer
}
```

## Not reported

A channel with a place for each; as many receives as sends, if numbers in the loops say so; sends
with another way out; receives in a loop: how often that turns is not known.

## Silence

`//snowshed:ignore SN303 reason` on the line of the send, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._abandoned import How, abandoned
from snowshed.lint._go._locals import MANY
from snowshed.lint._go._package import related
from snowshed.lint._go._threads import Way
from snowshed.lint._go._wording import roomier, short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Fix
    from snowshed.lint._go import Package
    from snowshed.lint._go._abandoned import Abandoned

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each send that is one too many."""
    for each in abandoned(package):
        if each.how is How.FEWER:
            yield _finding(each)


def _finding(found: Abandoned) -> Finding:
    sent, local = found.first, found.local
    count = local.total(local.receives(Way.HERE))
    times = "once" if count == 1 else f"{count} times"
    often = "in a loop" if found.total >= MANY else f"up to {found.total} times"
    received = local.receives(Way.HERE)[0].node
    return sent.function.file.finding(
        "SN303",
        sent,
        f"{short(sent)} is done {often}, and `{local.name}` is received from {times}: "
        "what is left over waits for ever",
        related=[
            related(received, "received here"),
            related(local.channel.made, f"`{local.name}` has no place for the others"),
        ],
        fix=_fix(found),
        waits_at=[act.node for act in found.sends],
    )


def _fix(found: Abandoned) -> Fix | None:
    """Return a capacity for all: the length of what the loop goes over."""
    if found.fits > 0:
        return roomier(found.local.channel, str(found.fits), safe=False)
    started = found.sends[0].run.at
    loop = next((each for each in n.inside(started) if isinstance(each, n.For)), None)
    made = found.local.channel.made
    if loop is None or loop.ranged is None or made.start > loop.start:
        return None
    if not isinstance(loop.ranged, n.Name | n.Selector) or found.sends[0].run.is_in_loop:
        return None
    return roomier(found.local.channel, f"len({loop.ranged.text})", safe=False)


RULE = Rule(
    "SN303",
    "more-senders-than-receives",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
    fixes=True,
)
