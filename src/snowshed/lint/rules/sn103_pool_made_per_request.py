"""A pool of workers is made again for each request: it limits one request, and not the service.

## What it does

Reports a pool of workers that is made while a request is served, and not kept.

## Why

A pool is there to limit how much runs at once, for all who use it. One for each request limits
nothing: a hundred requests have a hundred pools, each with its workers, which are started and ended
again, or are never ended. Cause: detached-spawn.

## Bad

```go
package p

import (
        "net/http"

        "github.com/panjf2000/ants/v2"
)

func handle(w http.ResponseWriter, r *http.Request) {
        pool, err := ants.NewPool(10)
        if err != nil {
                return
        }
        pool.Submit(func() {})
}
```

## Good

```go
package p

import (
        "net/http"

        "github.com/panjf2000/ants/v2"
)

var pool, _ = ants.NewPool(10)

func handle(w http.ResponseWriter, r *http.Request) {
        if err := pool.Submit(func() {}); err != nil {
                w.WriteHeader(http.StatusServiceUnavailable)
        }
}
```

## Not reported

What is kept in a field, a map or a global, and what is made once. In Go the pools of ants, pond,
workerpool and tunny are known; one of your own is not.

## Silence

`//snowshed:ignore SN103 reason`, on the line or the one above it.
"""

from __future__ import annotations

from snowshed.lint._go._remade import workers
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule("SN103", "pool-made-per-request", Cause.DETACHED_SPAWN, in_go=workers)
