"""Goroutines of a service over HTTP: who serves, who was started, who reads a connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from doctor._dumps import goroutine

ACCEPTS = goroutine(
    1,
    "IO wait",
    "net.(*TCPListener).Accept:380",
    "net/http.(*Server).Serve:9",
    "main.main:40",
    created="",
)
_SERVE = ("net/http.HandlerFunc.ServeHTTP:2322", "net/http.(*conn).serve:2109")
_BY_SERVER = "net/http.(*Server).Serve in goroutine 1"


def serves(number: int, *calls: str, state: str = "sync.WaitGroup.Wait") -> str:
    """The goroutine of a request whose handler stands in ``calls``."""
    inner = ("sync.(*WaitGroup).Wait:116",) if state == "sync.WaitGroup.Wait" else ()
    return goroutine(number, state, *inner, *calls, *_SERVE, created=_BY_SERVER)


def idle(number: int) -> str:
    """A connection that waits for its next request."""
    calls = ("net.(*conn).Read:196", "bufio.(*Reader).Peek:148", "net/http.(*conn).serve:2137")
    return goroutine(number, "IO wait", *calls, created=_BY_SERVER)


def tasks(
    numbers: Iterable[int], parent: int, made: str = "main.search", state: str = "sleep"
) -> Iterator[str]:
    """Tasks that ``parent`` has started in the function ``made``."""
    for number in numbers:
        yield goroutine(number, state, f"{made}.func1:71", created=f"{made} in goroutine {parent}")


def in_group(numbers: Iterable[int], parent: int, made: str = "main.search") -> Iterator[str]:
    """The same, started by ``WaitGroup.Go``."""
    for number in numbers:
        calls = (f"{made}.func1:71", "sync.(*WaitGroup).Go.func1:239")
        by = f"sync.(*WaitGroup).Go in goroutine {parent}"
        yield goroutine(number, "sleep", *calls, created=by)
