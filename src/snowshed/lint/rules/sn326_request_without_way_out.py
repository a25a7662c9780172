"""A request is sent with no way out, and only the wait for its answer has a timeout.

## What it does

Reports a plain send of something that holds a channel or comes with one, if the next thing is a
`select` which waits for the answer by that channel and has a case with a timer, a context or a
stop channel.

## Why

Who answers takes one request after the other. When it is slow or gone, callers do not wait for
their answers: they wait to be taken, and there the timeout does not hold. In a flood that is where
all of them stand. Cause: channel-cascade.

## Bad

```go
package p

import "context"

type request struct {
        key    string
        answer chan int
}

type store struct{ requests chan request }

func (s *store) Get(ctx context.Context, key string) (int, error) {
        answer := make(chan int, 1)
        s.requests <- request{key, answer}
        select {
        case n := <-answer:
                return n, nil
        case <-ctx.Done():
                return 0, ctx.Err()
        }
}
```

## Good

```go
package p

import "context"

type request struct {
        key    string
        answer chan int
}

type store struct{ requests chan request }

func (s *store) Get(ctx context.Context, key string) (int, error) {
        answer := make(chan int, 1)
        select {
        case s.requests <- request{key, answer}:
        case <-ctx.Done():
                return 0, ctx.Err()
        }
        select {
        case n := <-answer:
                return n, nil
        case <-ctx.Done():
                return 0, ctx.Err()
        }
}
```

## Not reported

A channel with one place, which a single caller has for itself; one with places that is new, as the
function has just made it; an answer that comes by a channel which has nothing to do with what was
sent; tests.

## Silence

`//snowshed:ignore SN326 reason` on the line of the send, or on the one above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._channels import channels
from snowshed.lint._go._flow import flow_of
from snowshed.lint._go._mentions import mentions_of
from snowshed.lint._go._package import related
from snowshed.lint._go._scope import Kind
from snowshed.lint._go._stops import tells_to_stop
from snowshed.lint._go._types import base_of, type_of
from snowshed.lint._go._wording import case_of, short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go._channels import Channel
    from snowshed.lint._go._scope import Variable

__all__ = ["RULE"]

_TIMES = re.compile(r"\btime\.After\(|timeout|timer|deadline", re.IGNORECASE)
_CLOCKS = frozenset({"time.Timer", "time.Ticker"})
_MAKES_CLOCK = frozenset({"time.NewTimer", "time.NewTicker"})
_NEAR = 3


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each request that waits without the way out that its answer has."""
    for function in mentions_of(package).functions:
        for sent in function.all(n.Send) if function.all(n.Select) else ():
            case = _way_out_of_answer(sent)
            if case is not None and not _has_place(package, sent):
                yield _finding(sent, case)


def _way_out_of_answer(sent: n.Send) -> n.Case | None:
    """Return the case by which the wait for the answer to what is sent gives up."""
    named = (each.variable for each in n.walk(sent.value) if isinstance(each, n.Name))
    given = {each for each in named if each is not None and each.kind is not Kind.RECEIVER}
    for each in _behind(sent) if given else ():
        if isinstance(each, n.Select):
            answers = [case for case in each.cases if _root(case) in given]
            others = (case for case in each.cases if case not in answers)
            return next(filter(_gives_up, others), None) if answers else None
    return None


def _behind(sent: n.Send) -> Sequence[n.Node]:
    """Return what comes next in the block of a plain send."""
    block = sent.parent
    if isinstance(block, n.Case) and block.communication is not sent:
        stated = block.body
    elif isinstance(block, n.Block):
        stated = block.statements
    else:
        return ()
    at = stated.index(sent) + 1
    return stated[at : at + _NEAR]


def _root(case: n.Case) -> Variable | None:
    """Return the variable that a case receives from, or in which the channel is."""
    at = case.received.channel if case.received is not None else None
    while isinstance(at, n.Selector):
        at = at.operand
    return at.variable if isinstance(at, n.Name) else None


def _gives_up(case: n.Case) -> bool:
    received = case.received
    if received is None:
        return False
    if tells_to_stop(received) or _TIMES.search(received.channel.text) is not None:
        return True
    channel = received.channel
    return isinstance(channel, n.Selector) and channel.field_ == "C" and _is_clock(channel.operand)


def _is_clock(node: n.Expression) -> bool:
    """Tell whether something is a timer or a ticker; many other things have a field ``C``, too."""
    value = node.variable.value if isinstance(node, n.Name) and node.variable is not None else None
    is_made = isinstance(value, n.Call) and value.path in _MAKES_CLOCK
    return is_made or base_of(type_of(node)) in _CLOCKS


def _has_place(package: Package, sent: n.Send) -> bool:
    """Tell whether what is sent to has a place: one, for one who waits for each answer, or more.

    More are enough if the channel is new, and nobody else has put anything into it.
    """
    known = [
        channel
        for channel in channels(package)
        if any(each.node is sent for each in channel.operations)
    ]
    return any(channel.capacity == 1 or _is_new(channel, sent) for channel in known)


def _is_new(channel: Channel, sent: n.Send) -> bool:
    """Tell whether a channel with places is made anew for each time that ``sent`` is done."""
    if channel.capacity == 0 or channel.function is not sent.function:
        return False
    flow = flow_of(sent.function)
    made, at = flow.point_of(channel.made), flow.point_of(sent)
    if made is None or at is None:
        return False
    behind = (each for each in at.next if each is not made)
    return not any(at in flow.reachable(each, without={made}.__contains__) for each in behind)


def _finding(sent: n.Send, case: n.Case) -> Finding:
    return sent.function.file.finding(
        "SN326",
        sent,
        f"{short(sent)} waits without the way out that the wait for its answer has: "
        f"{case_of(case)}",
        related=[related(case, "here the answer is given up")],
        confidence=0.7,
        waits_at=[sent],
    )


RULE = Rule(
    "SN326",
    "request-without-way-out",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.MEDIUM,
)
