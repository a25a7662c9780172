"""The cancel function of a context is thrown away, or never called.

## What it does

Reports `ctx, _ := context.WithCancel(...)` and the like, and a cancel function that is only named
to please the compiler: `_ = cancel`.

## Why

Nothing can end such a context any more before its parent ends, or its time is up. Whoever waits for
it waits as long, and the context, with its timer, stays in its parent for as long: if that is the
background of the process, for ever. Cause: missing-deadline.

## Bad

```go
package p

import (
        "context"
        "time"
)

func ask(ctx context.Context, load func(context.Context) error) error {
        ctx, _ = context.WithTimeout(ctx, time.Minute)
        return load(ctx)
}
```

## Good

```go
package p

import (
        "context"
        "time"
)

func ask(ctx context.Context, load func(context.Context) error) error {
        ctx, cancel := context.WithTimeout(ctx, time.Minute)
        defer cancel()
        return load(ctx)
}
```

## Not reported

A cancel function that is kept, returned, handed on or called on some way: whether it is called on
all of them is what `go vet` (lostcancel) tells. A context whose parent the same function makes, and
keeps the cancel function of. What `main` makes lives as long as the process.

## Silence

`//snowshed:ignore SN204 reason`, on the line or the one above it.


"""

from __future__ import annotations

from snowshed.lint._go._contexts import discarded
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule("SN204", "cancel-discarded", Cause.MISSING_DEADLINE, in_go=discarded, fixes=True)
