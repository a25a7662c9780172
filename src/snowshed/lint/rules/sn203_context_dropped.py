"""A call is given the background, although the caller's context is at hand.

## What it does

Reports `context.Background()` and `context.TODO()` where they are handed to a call, in a function
that is given a context or serves a request.

## Why

The context is how the caller says that it has given up: its client is gone, its time is over. A
call that is given the background does not hear of it. It goes on for as long as the other side
wants, for an answer that nobody reads; and in a flood, when callers give up all the time, most of
the work of the service is of that kind. Cause: missing-deadline.

## Bad

```go
package p

import (
        "context"
        "database/sql"
)

func count(ctx context.Context, db *sql.DB) *sql.Row {
        return db.QueryRowContext(context.Background(), "select count(*) from orders")
}
```

## Good

```go
package p

import (
        "context"
        "database/sql"
)

func count(ctx context.Context, db *sql.DB) *sql.Row {
        return db.QueryRowContext(ctx, "select count(*) from orders")
}
```

## Not reported

What is meant to go on: what is deferred, or done by a goroutine, in the branch of a failure or when
the context is done; a background that gets a deadline of its own (`context.WithTimeout`), or stands
in for a nil context; what is made once and kept. A comment beside it that speaks of the context is
taken for a reason.

Nothing is said of a call, or in a function, whose name is that of something which may outlive its
caller or has to be done although the caller has given up. That is told by the name alone, whatever
is behind it, so a `Load` or `Connect` that asks a database and should hear of it is missed. Whole
words of the name count, with their usual endings: `Closing` is one of them, `Send` has no `end`.

- The first is `with`, `new`, `init`, `initialize`, `setup`, `start`, `run`, `go`, `spawn`, `async`,
  `serve`, `listen`, `watch`, `open`, `connect`, `dial`, `load`, `register`, `subscribe`,
  `schedule`, `enqueue` or `submit`; of a call also `log`, `debug`, `info`, `warn`, `warning`,
  `error`, `print`, `fatal`, `panic`, `enabled` or `handle`.
- Or any is `close`, `shutdown`, `stop`, `finish`, `end`, `final`, `finalize`, `terminate`, `kill`,
  `abort`, `cancel`, `clean`, `cleanup`, `tear`, `teardown`, `release`, `free`, `unlock`, `leave`,
  `disconnect`, `unregister`, `deregister`, `delete`, `remove`, `destroy`, `revoke`, `prune`,
  `purge`, `expire`, `flush`, `drain`, `commit`, `rollback`, `reset`, `undo`, `revert`, `restore`,
  `ack`, `nack`, `notify`, `fail`, `mark`, `record`, `report`, `metric`, `trace`, `span` or `audit`.

## Silence

`//snowshed:ignore SN203 reason`, on the line or the one above it.
"""

from __future__ import annotations

from snowshed.lint._go._contexts import dropped
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule("SN203", "context-dropped", Cause.MISSING_DEADLINE, in_go=dropped, fixes=True)
