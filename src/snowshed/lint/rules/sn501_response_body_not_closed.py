"""The body of a response of HTTP is not closed, at least on one way.

## What it does

Reports a response whose body nobody closes, or which some way through the function leaves open: an
early `return` between the call and `defer resp.Body.Close()`. In Python it reports a response that
`httpx` is asked for as a stream, and that is neither closed nor read to its end.

## Why

A body that is not closed keeps its connection: it goes back to no pool, and two goroutines of the
transport stay with it. Each such request opens another connection, until there are no ports or file
descriptors left, here or there. Cause: unreleased-resource.

## Bad

```go
package p

import (
        "errors"
        "net/http"
)

func check(client *http.Client, url string) error {
        resp, err := client.Get(url)
        if err != nil {
                return err
        }
        if resp.StatusCode != http.StatusOK {
                return errors.New(resp.Status)
        }
        return resp.Body.Close()
}
```

```python
import httpx

client = httpx.AsyncClient()


async def fetch(url: str) -> bytes | None:
    response = await client.send(client.build_request("GET", url), stream=True)
    if response.status_code != 200:
        return None
    return await response.aread()
```

## Good

```go
package p

import (
        "errors"
        "net/http"
)

func check(client *http.Client, url string) error {
        resp, err := client.Get(url)
        if err != nil {
                return err
        }
        defer resp.Body.Close()
        if resp.StatusCode != http.StatusOK {
                return errors.New(resp.Status)
        }
        return nil
}
```

```python
import httpx

client = httpx.AsyncClient()


async def fetch(url: str) -> bytes | None:
    async with client.stream("GET", url) as response:
        if response.status_code != 200:
            return None
        return await response.aread()
```

## Not reported

A response that is returned, kept or handed on, or whose body is, except to those that are known
only to read it: whoever has it may close it. The way on which the call has failed: there is none.
Calls are known if they are of `net/http`, or of a client or for a request that the function shows
to be its. A function that speaks of `StatusSwitchingProtocols` takes the connection over. In Python
responses of requests and aiohttp, which let go of the connection when nobody has them any more.

## Silence

`//snowshed:ignore SN501 reason` or `# snowshed: ignore[SN501] reason`, on the line or above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowshed.lint._go import _nodes as n
from snowshed.lint._go._closing import Leak, Opened, closing_fix, leak_of, opened_in, thrown_in
from snowshed.lint._go._package import related
from snowshed.lint._go._types import type_of
from snowshed.lint._python._streams import left_streams
from snowshed.lint._rule import Rule
from snowshed.model import Cause, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowshed.lint._finding import Finding
    from snowshed.lint._go._package import Package
    from snowshed.lint._python import Folder

__all__ = ["RULE"]

_TOKENS = (b".Get(", b".Post(", b".PostForm(", b".Do(", b".RoundTrip(")
_SHORT = frozenset({"Get", "Post", "PostForm"})


def in_go(package: Package) -> Iterator[Finding]:
    """Yield the responses whose body is left open."""
    for function in package.interesting:
        if function.file.source.is_test or "net/http" not in function.file.imports.values():
            continue
        if not any(token in function.code for token in _TOKENS):
            continue
        if b"SwitchingProtocols" in function.code:
            continue  # what is behind such a response is no body
        for call in thrown_in(function, _is_asked):
            if call.method == "RoundTrip":
                continue
            asked = call.path or call.method
            message = f"the response of `{asked}` is thrown away, and its body never closed"
            yield function.file.finding("SN501", call, message)
        for opened in opened_in(function, _is_asked, _closes, _keeps):
            leak = leak_of(opened)
            if leak is not None:
                yield _found(opened, leak)


def in_python(folder: Folder) -> Iterator[Finding]:
    """Yield the streams that are left open."""
    for left in left_streams(folder):
        if left.exit is None:
            message = f"`{left.name}` is never closed: the connection is lost to the pool"
            others = []
        else:
            message = f"`{left.name}` is not closed when line {left.exit.lineno} returns"
            others = [left.module.related(left.exit, "leaves without closing it")]
        yield left.module.finding(RULE, left.call, message, related=others)


def _found(opened: Opened, leak: Leak) -> Finding:
    name = opened.variable.name
    others = []
    if leak.never:
        message = f"`{name}.Body` is never closed: the connection is lost to the pool"
    elif isinstance(leak.end, n.Return):
        message = f"`{name}.Body` is not closed when line {leak.end.line} returns"
        others.append(related(leak.end, "leaves without closing it"))
    else:
        message = f"`{name}.Body` is not closed on every way"
    return opened.statement.function.file.finding(
        "SN501",
        opened.statement,
        message,
        related=others,
        fix=closing_fix(opened, f"{name}.Body.Close()"),
        confidence=0.9 if leak.never else 0.85,
    )


def _is_asked(call: n.Call) -> bool:
    """Tell whether ``call`` returns a response of HTTP, for sure."""
    called = call.called
    if not isinstance(called, n.Selector):
        return False
    operand, name = called.operand, called.field_
    file = call.function.file
    if isinstance(operand, n.Name) and operand.variable is None:
        return name in _SHORT and file.is_package(operand.name, "net/http")
    if n.path_of(operand) == "http.DefaultClient" or _is(type_of(operand), "Client", call):
        return name in _SHORT or name == "Do"
    one = call.arguments[0] if len(call.arguments) == 1 else None
    return name in {"Do", "RoundTrip"} and one is not None and _is_request(one)


def _is(type_: str, name: str, at: n.Node) -> bool:
    owner, _, last = type_.lstrip("*").rpartition(".")
    return last == name and at.function.file.is_package(owner, "net/http")


def _is_request(argument: n.Expression) -> bool:
    if _is(type_of(argument), "Request", argument):
        return True
    variable = argument.variable if isinstance(argument, n.Name) else None
    made = None if variable is None else variable.value or variable.source
    return isinstance(made, n.Call) and made.path in {
        "http.NewRequest",
        "http.NewRequestWithContext",
    }


def _closes(use: n.Name) -> bool:
    field = use.parent
    if not isinstance(field, n.Selector):
        return False
    if field.field_ == "Write":
        return True  # and closes it
    closed = field.parent
    return field.field_ == "Body" and isinstance(closed, n.Selector) and closed.field_ == "Close"


# Those that only read what they are given.
_READERS = frozenset(
    {
        "base64.NewDecoder",
        "bufio.NewReader",
        "bufio.NewScanner",
        "csv.NewReader",
        "gob.NewDecoder",
        "gzip.NewReader",
        "io.Copy",
        "io.CopyBuffer",
        "io.CopyN",
        "io.LimitReader",
        "io.ReadAll",
        "io.ReadFull",
        "io.TeeReader",
        "ioutil.ReadAll",
        "json.NewDecoder",
        "xml.NewDecoder",
        "yaml.NewDecoder",
    }
)
_LOOKS = frozenset({"httputil.DumpResponse", "fmt.Println", "fmt.Printf", "log.Printf"})


def _keeps(use: n.Name) -> bool:
    parent = use.parent
    if isinstance(parent, n.Selector):
        return parent.field_ != "Body" or _is_only_read(parent)
    if isinstance(parent, n.Call):
        return parent.path in _LOOKS
    return isinstance(parent, n.Binary)


def _is_only_read(body: n.Node) -> bool:
    """Tell whether ``body`` goes to one that reads it, and does not keep it."""
    reader = body.parent
    if isinstance(reader, n.Selector | n.Binary):
        return True  # `resp.Body.Read`, `resp.Body != nil`
    while isinstance(reader, n.Call) and reader.path in _READERS:
        if not isinstance(reader.parent, n.Call) or reader.parent.called is reader:
            break
        reader = reader.parent
    if not isinstance(reader, n.Call) or reader.path not in _READERS:
        return False
    return _is_used_here(reader)


def _is_used_here(reader: n.Call) -> bool:
    """Tell whether what ``reader`` makes is used in this function alone, or makes nothing."""
    parent = reader.parent
    if reader.path.startswith(("io.Copy", "io.ReadAll", "io.ReadFull", "ioutil.")):
        return True
    if not isinstance(parent, n.Assign):
        return isinstance(parent, n.Selector)
    made = parent.left[0]
    if not isinstance(made, n.Name) or made.variable is None:
        return False
    return all(isinstance(use.parent, n.Selector) for use in made.variable.uses)


RULE = Rule(
    "SN501",
    "response-body-not-closed",
    Cause.UNRELEASED_RESOURCE,
    in_go=in_go,
    in_python=in_python,
    severity=Severity.HIGH,
    fixes=True,
)
