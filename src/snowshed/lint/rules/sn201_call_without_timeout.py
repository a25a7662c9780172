"""A call over the network has no timeout: it waits for as long as the other side wants.

## What it does

Reports a request of HTTP that nothing limits in time: in Go `http.Get`, `http.Post` and what else
uses `http.DefaultClient`, which has no timeout; in Python `requests` and its sessions, `urlopen`,
`socket.create_connection`, and what connects in `smtplib`, `ftplib`, `imaplib`, `poplib`,
`telnetlib` and `http.client`.

## Why

A peer that has become slow does not fail, it just does not answer. Whoever asks it waits, and holds
what it has: a worker, a connection, a lock, its caller. One such peer is enough for all workers of
a service to wait for it, also those whose requests need nothing of it. With a timeout a slow peer
becomes an error, which somebody can act upon. Cause: missing-deadline.

## Bad

```go
package p

import "net/http"

func price(shop string) (*http.Response, error) {
        return http.Get(shop)
}
```

```python
import requests


def price(shop: str) -> dict:
    return requests.get(shop).json()
```

## Good

```go
package p

import (
        "context"
        "net/http"
        "time"
)

var client = &http.Client{Timeout: 5 * time.Second}

func price(shop string) (*http.Response, error) {
        return client.Get(shop)
}

func cost(ctx context.Context, shop string) (*http.Response, error) {
        ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
        defer cancel()
        request, err := http.NewRequestWithContext(ctx, http.MethodGet, shop, nil)
        if err != nil {
                return nil, err
        }
        return http.DefaultClient.Do(request)
}
```

```python
import requests


def price(shop: str) -> dict:
    return requests.get(shop, timeout=5).json()
```

## Not reported

In Go, `http.DefaultClient.Do` of a request that brings a context, unless that is the one of the
background: a deadline may be in it. Programs that serve nobody are told as advice: a person waits
for them, and can end them. In Python, httpx and aiohttp, which have a timeout of their own; a
session that may have been told by an adapter; what is given `**options`; a program that calls
`socket.setdefaulttimeout`.

## Silence

`//snowshed:ignore SN201 reason` or `# snowshed: ignore[SN201] reason`, on the line or the one above
it.

"""

from __future__ import annotations

from snowshed.lint._go._timeouts import calls
from snowshed.lint._python._timeouts import calls as calls_of_python
from snowshed.lint._rule import Rule
from snowshed.model import Cause

__all__ = ["RULE"]

RULE = Rule(
    "SN201",
    "call-without-timeout",
    Cause.MISSING_DEADLINE,
    in_go=calls,
    in_python=calls_of_python,
    fixes=True,
    asked="some",
)
