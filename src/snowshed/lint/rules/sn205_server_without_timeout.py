"""A server of HTTP waits for its clients for as long as they want.

## What it does

Reports, as advice, an `http.Server` without `ReadTimeout` and `ReadHeaderTimeout`, and
`http.ListenAndServe` and `http.Serve`, which make one.

## Why

A client that opens a connection and sends nothing, or one byte a minute, holds a goroutine, a file
descriptor and its buffers. Ten thousand of them cost it nothing, and take the service down. Behind
a proxy that has timeouts it does not matter: that is why it is advice. Cause: missing-deadline.

## Bad

```go
package p

import "net/http"

func serve(handler http.Handler) error {
        server := &http.Server{Addr: ":8080", Handler: handler}
        return server.ListenAndServe()
}
```

## Good

```go
package p

import (
        "net/http"
        "time"
)

func serve(handler http.Handler) error {
        server := &http.Server{Addr: ":8080", Handler: handler, ReadHeaderTimeout: 10 * time.Second}
        return server.ListenAndServe()
}
```

## Not reported

A server whose timeout is set later on in the same function. Servers of tests, and what another
package makes, are not seen.

## Silence

`//snowshed:ignore SN205 reason`, on the line or the one above it.

"""

from __future__ import annotations

from snowshed.lint._finding import Tier
from snowshed.lint._go._timeouts import servers
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule(
    "SN205",
    "server-without-timeout",
    Cause.MISSING_DEADLINE,
    in_go=servers,
    tier=Tier.ADVICE,
    fixes=True,
)
