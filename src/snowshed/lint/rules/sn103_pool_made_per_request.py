"""A pool of workers is made again for each request: it limits one request, and not the service.

## What it does

Reports a pool of workers that is made while a request is served, and not kept. In Python that is an
executor, a pool of threads or processes, or an event loop; and one of these that each turn of a
loop makes.

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

```python
import asyncio
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI

app = FastAPI()


@app.get("/search")
async def search(words: str) -> list[str]:
    executor = ThreadPoolExecutor(max_workers=2)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(executor, look_up, words)
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

```python
import asyncio
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI

app = FastAPI()
executor = ThreadPoolExecutor(max_workers=8)


@app.get("/search")
async def search(words: str) -> list[str]:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(executor, look_up, words)
```

## Not reported

What is kept in a field, a map or a global, and what is made once. In Go the pools of ants, pond,
workerpool and tunny are known; one of your own is not.

In Python, what another function gets, such as the loop of a thread that is started with it. As
advice: an event loop that is made for a request and closed again, as `asyncio.run` does, and a pool
that each turn of a loop makes and ends.

## Silence

`//snowshed:ignore SN103 reason` or `# snowshed: ignore[SN103] reason`, on the line or the one above
it.
"""

from __future__ import annotations

from snowshed.lint._go._remade import workers
from snowshed.lint._python._executors import executors
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule(
    "SN103",
    "pool-made-per-request",
    Cause.DETACHED_SPAWN,
    in_go=workers,
    in_python=executors,
    asked="some",
)
