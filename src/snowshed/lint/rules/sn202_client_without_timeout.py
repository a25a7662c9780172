"""A client is made that has no timeout: what its callers forget, nothing limits.

## What it does

Reports, for Python, a client or a call of httpx, requests or aiohttp that is told to wait for ever:
`timeout=None`, `Timeout(None)`, `ClientTimeout(total=None)` without a timeout for its parts. For Go
it reports, as advice, a client of HTTP that is made without a timeout.

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

```python
import httpx

client = httpx.AsyncClient(timeout=None)
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

```python
import httpx

client = httpx.AsyncClient(timeout=httpx.Timeout(5, read=30))
```

## Not reported

In Python, what has a default: 5 seconds in httpx, 5 minutes in aiohttp; what is called a stream, a
subscription, a proxy or a download; what stands in `asyncio.timeout` or `wait_for`. The default of
a parameter, which callers may give, is advice.

In Go, a client whose `Timeout` is set later on in the same function, a local one in a function
whose requests bring a context, and those of a package all of whose requests do, if it gives
contexts a deadline. For streams a timeout would be wrong, since it counts until the last byte is
read: that is why it is advice, and not told of what is called a stream, a proxy, a download or an
upload.

## Silence

`//snowshed:ignore SN202 reason` or `# snowshed: ignore[SN202] reason`, on the line or above it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from snowshed.lint._finding import Tier
from snowshed.lint._go._timeouts import clients
from snowshed.lint._python._no_timeout import told_to_wait
from snowshed.lint._rule import Rule
from snowshed.model import Cause

if TYPE_CHECKING:
    from snowshed.lint._finding import Finding
    from snowshed.lint._python import Folder

__all__ = ["RULE"]


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield each client that is told to wait for ever."""
    for module, call, who in told_to_wait(folder):
        message = f"the timeout is switched off: {who} waits for as long as the peer is silent"
        # Who calls with a timeout of its own does not get the default of a parameter.
        is_default = isinstance(module.parent(call), ast.arguments)
        yield module.finding(RULE, call, message, tier=Tier.ADVICE if is_default else Tier.DEFAULT)


RULE = Rule(
    "SN202",
    "client-without-timeout",
    Cause.MISSING_DEADLINE,
    in_go=clients,
    in_python=in_python,
    asked="all of Go, some of Python",
)
