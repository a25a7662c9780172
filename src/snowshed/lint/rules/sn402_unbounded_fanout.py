"""A loop starts something for each of many things, and nothing limits how many run at once.

## What it does

Reports a loop that starts a goroutine, a task or a thread in each turn, over something of which
there may be many, if nothing limits how many of them run at once; in Python a `gather`, too. It is
told without being asked for where a request decides how many there are, or the result of a query;
or if they are given by the caller and each of them asks somebody else over the network. Everywhere
else it is advice.

## Why

One request with a thousand ids becomes a thousand calls at once: a thousand connections, a thousand
buffers, and a database or peer that was sized for a few. The one who waits for all of them waits
for the slowest, and each request multiplies the next. This is how one request begins an avalanche.
Cause: unbounded-fanout.

## Bad

```go
package p

import (
        "net/http"
        "strings"
        "sync"
)

func handle(w http.ResponseWriter, r *http.Request) {
        var wg sync.WaitGroup
        for _, id := range strings.Split(r.FormValue("ids"), ",") {
                wg.Add(1)
                go func() {
                        defer wg.Done()
                        load(id)
                }()
        }
        wg.Wait()
}

func load(id string) {}
```

```python
import asyncio

import httpx


async def load_all(client: httpx.AsyncClient, ids: list[str]) -> list:
    return await asyncio.gather(*(client.get(f"/items/{each}") for each in ids))
```

## Good

```go
package p

import (
        "net/http"
        "strings"

        "golang.org/x/sync/errgroup"
)

func handle(w http.ResponseWriter, r *http.Request) {
        var group errgroup.Group
        group.SetLimit(8)
        for _, id := range strings.Split(r.FormValue("ids"), ",") {
                group.Go(func() error { return load(id) })
        }
        group.Wait()
}

func load(id string) error { return nil }
```

```python
import asyncio

import httpx

places = asyncio.Semaphore(8)


async def load(client: httpx.AsyncClient, each: str) -> httpx.Response:
    async with places:
        return await client.get(f"/items/{each}")


async def load_all(client: httpx.AsyncClient, ids: list[str]) -> list:
    return await asyncio.gather(*(load(client, each) for each in ids))
```

## Not reported

What is written out in the source, and loops that count: `for i := 0; i < workers; i++`. What takes
a place first (a semaphore, a channel of tokens, `SetLimit`, a rate limiter), is run by a pool of
threads (`to_thread`, `run_in_executor`), goes in chunks each of which is waited for, is waited for
in the turn that starts it, or only closes, stops or cancels what it is given. What has the name of
a setting (`peers`, `endpoints`, `replicas`) is advice: there are a few; and in Python nothing is
said of it where each does the work itself, as in `replica.read(key)`. A handler that does not even
wait for them is told of by SN101.

What comes out of a function of another package is taken for many only if its name says that it
reads something. Whether a limit that is set elsewhere holds is not seen.

## Silence

`//snowshed:ignore SN402 reason` or `# snowshed: ignore[SN402] reason`, on the line or the one above
it.

"""

from __future__ import annotations

from snowshed.lint._go._fanout import fanout
from snowshed.lint._python._fanout import fanouts
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule(
    "SN402",
    "unbounded-fanout",
    Cause.UNBOUNDED_FANOUT,
    in_go=fanout,
    in_python=fanouts,
    asked="some",
)
