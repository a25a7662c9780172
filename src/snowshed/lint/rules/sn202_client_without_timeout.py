"""A client is made that has no timeout: what its callers forget, nothing limits.

## What it does

Reports, for Go as advice, a client of HTTP that is made without a timeout.

## Why

A client without a timeout waits for as long as the server wants, in each call that does not bring a
deadline of its own. One such call in a service is enough to have all its workers wait for one slow
peer. Cause: missing-deadline.

## Bad

```go
package p

import "net/http"

var client = &http.Client{}
```

## Good

```go
package p

import (
        "net/http"
        "time"
)

var client = &http.Client{Timeout: 5 * time.Second}
```

## Not reported

In Go, a client whose `Timeout` is set later on in the same function, and a local one in a function
whose requests bring a context. For streams a timeout would be wrong, since it counts until the last
byte is read: that is why it is advice.

## Silence

`//snowshed:ignore SN202 reason`, on the line or the one above it.

"""

from __future__ import annotations

from snowshed.lint._go._timeouts import clients
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule("SN202", "client-without-timeout", Cause.MISSING_DEADLINE, in_go=clients)
