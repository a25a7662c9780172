"""A request handler starts a task, thread or goroutine that nobody waits for and nothing limits.

## What it does

Reports a task or thread that is started in a function which serves requests, where that function
neither waits for it nor ends it, and nothing limits how many there are: no semaphore, no task
group, no look at what already runs. A job that is given to a pool of threads counts, as the queue
before the pool has no end; and what a function of the same folder starts for the handler that calls
it.

## Why

The response is sent, and the work goes on. There is one more of it for each request, so in a flood
there are as many as requests came, all at the same pool, disk or peer; the limit of the server on
requests does not hold them, its timeout does not end them, and no error of theirs reaches anybody.
Cause: detached-spawn.

Handing the context of the request over is no cure: it is cancelled when the handler returns, and
the work is cut off in the middle. Work that must outlive the request needs an owner: a queue with a
bound and a fixed number of workers, or a limit and a deadline of its own.

## Bad

```python
import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.post("/orders")
async def order(data: dict) -> dict:
    asyncio.create_task(send_mail(data))
    return {"ok": True}
```

```go
package p

import "net/http"

func audit(path string) {}

func handle(w http.ResponseWriter, r *http.Request) {
        go audit(r.URL.Path)
        w.WriteHeader(http.StatusAccepted)
}
```

## Good

```python
import asyncio

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
mails: asyncio.Queue[dict] = asyncio.Queue(maxsize=1000)


@app.post("/orders")
async def order(data: dict) -> dict:
    await mails.put(data)  # a worker sends them, and a full queue holds the request back
    return {"ok": True}


@app.post("/refunds")
async def refund(data: dict, background: BackgroundTasks) -> dict:
    background.add_task(send_mail, data)  # belongs to the request
    return {"ok": True}


@app.get("/prices")
async def prices() -> list:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(shop)) for shop in ("a", "b")]
    return [task.result() for task in tasks]
```

```go
package p

import "net/http"

var queue = make(chan string, 100)

func audit(path string) {}

func start() {
        for range 4 {
                go func() {
                        for path := range queue {
                                audit(path)
                        }
                }()
        }
}

func handle(w http.ResponseWriter, r *http.Request) {
        select {
        case queue <- r.URL.Path:
                w.WriteHeader(http.StatusAccepted)
        default:
                w.WriteHeader(http.StatusServiceUnavailable)
        }
}
```

## Not reported

What is awaited, cancelled or returned, in this function or one inside of it; what is handed to
another function, which may own it; what is started under a semaphore, or only if it does not run
yet; and work of WebSockets, which lives as long as its connection. What starts the same in four
places of a file or more is told once, with all of them. That only the first request starts a task
is seen by a question whether it runs, and by nothing else.

In Go also: what ends with the handler (`<-r.Context().Done()`, a channel that it closes), or writes
to a pipe that it reads; what a `sync.Once`, a rate limiter, a count or a flag lets through; streams
of gRPC; what stops the server. What a group counts that outlives the request, or is handed on
together with a channel, is told as advice: it has an owner, and still no limit. Handlers are those
of `net/http`, gin, echo, fiber, fasthttp, gRPC, connect and of the usual message queues; one that
only a type of your own makes a handler is not seen.

## Silence

`# snowshed: ignore[SN101] reason` on the line, in Go `//snowshed:ignore SN101 reason`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._go._detached import detached
from snowshed.lint._python import (
    End,
    fate_of,
    is_limiter,
    jobs_in,
    written,
)
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding, Related
    from snowshed.lint._python import Fate, Folder, Function, Module, Spawn

__all__ = ["RULE"]


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each task or thread that outlives its request."""
    for module in folder.modules:
        spawns = [*module.spawns, *jobs_in(module)]
        fates = {spawn: fate_of(module, spawn.call) for spawn in spawns}
        left = [spawn for spawn, fate in fates.items() if _is_left(folder, spawn, fate, module)]
        for spawn in left:
            yield _found(folder, module, spawn, fates[spawn])


def _is_left(folder: Folder, spawn: Spawn, fate: Fate, module: Module) -> bool:
    """Tell whether ``spawn`` runs for a request, and nobody ends it and nothing limits it."""
    function = module.function_of(spawn.call)
    handler = folder.request_of(function)
    if "result" in fate.asked and module.spawn_of(spawn.call) is None:
        # Of these it waits; of a task it takes what is there.
        return False
    if fate.end > End.KEPT or _is_limited(folder, function, spawn, fate):
        return False
    if handler is not None:
        return handler.kind != "websocket"
    # What an attribute keeps is in a helper mostly started once, whoever comes first.
    many = fate.end is End.DROPPED or fate.among_others
    return many and folder.asked_by(function) is not None


def _found(folder: Folder, module: Module, spawn: Spawn, fate: Fate) -> Finding:
    function = module.function_of(spawn.call)
    asked = folder.asked_by(function) if folder.request_of(function) is None else None
    related: list[Related] = []
    if asked is not None:
        caller, call = asked
        related = [caller.module.related(call, f"`{caller.short_name}` serves a request")]
    kept = f", only kept in `{written(fate.holder)}`" if fate.holder is not None else ""
    served = "serves" if asked is None else "is called for"
    what = f"`{spawn.name}`" if spawn.name else f"of `{spawn.word}`"
    there_are = "wait for the pool" if spawn.kind == "job" else "there are"
    message = (
        f"the {spawn.kind} {what} outlives the request that `{function.short_name}` {served}:"
        f" nobody waits for it and nothing limits how many {there_are}{kept}"
    )
    confidence = 0.8 if kept or asked is not None else 0.9
    return module.finding(
        RULE, spawn.call, message, related=related, confidence=confidence, alike=spawn.name
    )


def _is_limited(folder: Folder, function: Function, spawn: Spawn, fate: Fate) -> bool:
    module = function.module
    return (
        any(
            is_limiter(item.context_expr)
            for each in module.withs_of(spawn.call)
            for item in each.items
        )
        or "acquire" in function.called
        or _is_asked_about(function, fate)
        or _limits_itself(folder, module, spawn)
    )


def _is_asked_about(function: Function, fate: Fate) -> bool:
    """Tell whether what keeps the task was looked at before: it is started if it does not run."""
    return fate.holder is not None and written(fate.holder) in function.asked


def _limits_itself(folder: Folder, module: Module, spawn: Spawn) -> bool:
    """Tell whether what is started takes a place first: it piles up, but the work does not."""
    if not isinstance(spawn.runs, ast.Call):
        return False
    helper = folder.helper(module, spawn.runs)
    return helper is not None and any(
        is_limiter(item.context_expr) for each in helper.withs for item in each.items
    )


RULE = Rule(
    "SN101",
    "detached-spawn-in-handler",
    Cause.DETACHED_SPAWN,
    in_go=detached,
    in_python=in_python,
    severity=Severity.HIGH,
    asked="some",
)
