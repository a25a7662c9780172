"""A goroutine sends an error, does not return, and sends once more to somebody who takes one.

## What it does

Reports a send that may follow the send of an error in the same goroutine, if the channel is
received from less often than that.

## Why

A `return` was forgotten. As long as nothing fails all is well; when it does, the receiver takes
the error and goes, and the second send waits for ever. Errors come in floods.
Cause: channel-cascade.

## Bad

```go
package p

type answer struct {
        text string
        err  error
}

func ask(read func() (string, error)) answer {
        got := make(chan answer)
        go func() {
                text, err := read()
                if err != nil {
                        got <- answer{err: err}
                }
                got <- answer{text: text}
        }()
        return <-got
}
```

## Good

```go
package p

type answer struct {
        text string
        err  error
}

func ask(read func() (string, error)) answer {
        got := make(chan answer)
        go func() {
                text, err := read()
                if err != nil {
                        got <- answer{err: err}
                        return
                }
                got <- answer{text: text}
        }()
        return <-got
}
```

## Not reported

A channel that is received from in a loop or has places enough, and one that somebody gets who is
not seen.

## Silence

`//snowshed:ignore SN305 reason` on the line of the second send, or on the one above.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Fix
from snowshed.lint._go import _nodes as n
from snowshed.lint._go._abandoned import How, abandoned
from snowshed.lint._go._edits import line_after
from snowshed.lint._go._package import related
from snowshed.lint._go._wording import short
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._go import Package
    from snowshed.lint._go._abandoned import Abandoned

__all__ = ["RULE"]


def in_go(package: Package) -> Iterator[Finding]:
    """Yield each send that comes behind that of an error."""
    told: set[n.Node] = set()
    for each in abandoned(package):
        if each.how is How.AGAIN and each.sends[0].node not in told:
            told.add(each.sends[0].node)
            yield _finding(each)


def _finding(found: Abandoned) -> Finding:
    before = found.before
    assert before is not None
    sent, error, local = found.sends[0].node, before.node, found.local
    behind = (
        "in another turn of its loop" if sent is error else f"after the error on line {error.line}"
    )
    return sent.function.file.finding(
        "SN305",
        sent,
        f"{short(sent)} is done {behind}, too, and nobody takes both",
        related=[
            related(error, "no `return` follows this send of an error"),
            related(local.channel.made, "the channel, which has no place for both"),
        ],
        fix=_returning(error),
        waits_at=[sent],
    )


def _returning(error: n.Node) -> Fix | None:
    """Return the fix that ends the goroutine behind the send of its error."""
    if error.function.results or not isinstance(error.parent, n.Block | n.Case):
        return None
    around = error.parent
    last = (around.statements if isinstance(around, n.Block) else around.body)[-1]
    # What stood behind it would not be reached any more.
    edit = None if isinstance(last, n.Return | n.Branch) else line_after(last, "return")
    return None if edit is None else Fix("return once the error is sent", (edit,))


RULE = Rule(
    "SN305",
    "sent-again-after-error",
    Cause.CHANNEL_CASCADE,
    in_go=in_go,
    severity=Severity.HIGH,
    in_tests=True,
    fixes=True,
)
