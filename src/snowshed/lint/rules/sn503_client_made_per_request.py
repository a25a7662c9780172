"""A client or a pool of connections is made again for each request, or in each turn of a loop.

## What it does

Reports what opens connections of its own, if it is made while a request is served, or again in
each turn of a loop, and is not kept.

## Why

A client is a pool: it holds connections for those who come after. One that is made for each
request has nobody after it. Each request pays for a new connection (and for TLS, and for logging
in), the limit of the pool limits nothing, since there are as many pools as requests, and in a
flood the other side runs out of connections first. What is not closed keeps its connections and
its helper tasks until the process ends. Cause: unreleased-resource.

## Bad

```go
package p

import (
        "database/sql"
        "net/http"
)

func handle(w http.ResponseWriter, r *http.Request) {
        db, err := sql.Open("pgx", "postgres://db/shop")
        if err != nil {
                http.Error(w, err.Error(), http.StatusInternalServerError)
                return
        }
        defer db.Close()
        db.ExecContext(r.Context(), "insert into visits default values")
}
```

```python
import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/prices")
async def prices() -> dict:
    async with httpx.AsyncClient() as client:
        answer = await client.get("https://shop.example/prices")
        return answer.json()
```

## Good

```go
package p

import (
        "database/sql"
        "net/http"
)

type server struct{ db *sql.DB }

func open() (*server, error) {
        db, err := sql.Open("pgx", "postgres://db/shop")
        return &server{db}, err
}

func (s *server) handle(w http.ResponseWriter, r *http.Request) {
        s.db.ExecContext(r.Context(), "insert into visits default values")
}
```

```python
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with httpx.AsyncClient() as client:
        yield {"client": client}


app = FastAPI(lifespan=lifespan)


@app.get("/prices")
async def prices(request: Request) -> dict:
    answer = await request.state.client.get("https://shop.example/prices")
    return answer.json()
```

## Not reported

What is kept: in a field, a map, a global; what is made once (`sync.Once`, `if s.db == nil`); what
is made at the start. In Go, a loop that tries again until it has one, or makes another one in each
turn since it is told another address; a client of HTTP without a transport of its own, for all of
these share one. What a request says the address of, and closes again, is told as advice.

In Python, too, what a function of the same folder makes for a handler that calls it is told; what
stands under a cache, or behind `if client is None`, is not, nor what another object gets.

Clients are known by their packages (`database/sql`, `http.Transport`, gRPC, pgx, redis, mongo,
NATS, AMQP, Kafka, etcd, Elasticsearch and others) and by functions beside it that return a new
one; in Python aiohttp, httpx, requests, asyncpg, psycopg, redis, SQLAlchemy, gRPC, openai and
others. What a constructor of another package of yours makes is not seen.

## Silence

`//snowshed:ignore SN503 reason` or `# snowshed: ignore[SN503] reason`, on the line or the one above
it.
"""

from __future__ import annotations

from snowshed.lint._go._remade import clients
from snowshed.lint._python._remade import clients as clients_of_python
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

__all__ = ["RULE"]

RULE = Rule(
    "SN503",
    "client-made-per-request",
    Cause.UNRELEASED_RESOURCE,
    in_go=clients,
    in_python=clients_of_python,
    severity=Severity.HIGH,
    asked="some",
)
