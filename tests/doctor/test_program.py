from __future__ import annotations

import pytest

from snowshed.doctor._program import Whose, place_in, whose
from snowshed.model import Frame


@pytest.mark.parametrize(
    ("function", "file", "expected"),
    [
        ("net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go", Whose.RUNTIME),
        ("internal/poll.(*FD).Accept", "internal/poll/fd_unix.go", Whose.RUNTIME),
        ("sync.(*Mutex).Lock", "sync/mutex.go", Whose.RUNTIME),
        (
            "sync.(*Mutex).Lock",
            "/venv/lib/python3.13/site-packages/go/src/sync/mutex.go",
            Whose.RUNTIME,
        ),
        ("runtime.goexit", "/usr/local/go/src/runtime/asm_amd64.s", Whose.RUNTIME),
        ("main.main", "/srv/shop/main.go", Whose.PROGRAM),
        ("shop/cart.(*Cart).Add.func1", "/srv/shop/cart/cart.go", Whose.PROGRAM),
        ("example.com/sync.Run", "/srv/sync/run.go", Whose.PROGRAM),
        ("main._Cfunc_compress", "_cgo_gotypes.go", Whose.RUNTIME),
        ("main.take[net/http.Request]", "/srv/shop/main.go", Whose.PROGRAM),
        ("maps.Keys[go.shape.string]", "maps/iter.go", Whose.RUNTIME),
        (
            "github.com/lib/pq.(*conn).watch",
            "/home/u/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go",
            Whose.LIBRARY,
        ),
        ("github.com/lib/pq.dial", "github.com/lib/pq@v1.10.9/conn.go", Whose.LIBRARY),
        ("shop/vendor/github.com/x.F", "/srv/shop/vendor/github.com/x/x.go", Whose.LIBRARY),
        ("Queue.get", "/usr/lib/python3.13/asyncio/queues.py", Whose.RUNTIME),
        ("_find_and_load", "<frozen importlib._bootstrap>", Whose.RUNTIME),
        ("get", "/venv/lib/python3.13/site-packages/redis/client.py", Whose.LIBRARY),
        ("checkout", "/srv/shop/app.py", Whose.PROGRAM),
        ("unknown", "", Whose.RUNTIME),
    ],
)
def test_whose_code_a_line_is(function: str, file: str, expected: Whose) -> None:
    assert whose(Frame(function, file, 1)) is expected


LOCK = Frame("sync.(*Mutex).Lock", "sync/mutex.go", 46)
SAFE = Frame("main.(*SafeMutex).RLock", "/srv/shop/lock.go", 40)
DRIVER = Frame("github.com/lib/pq.dial", "github.com/lib/pq@v1.10.9/conn.go", 9)
INNER = Frame("main.price", "/srv/shop/main.go", 5)
OUTER = Frame("main.cart", "/srv/shop/main.go", 7)
POLL = Frame("internal/poll.runtime_pollWait", "runtime/netpoll.go", 351)
READ = Frame("net.(*conn).Read", "net/net.go", 196)
SERVES = Frame("net/http.(*conn).serve", "net/http/server.go", 2157)
WATCHES = Frame("github.com/lib/pq.(*conn).watch", "github.com/lib/pq@v1.10.9/conn.go", 12)
PARKS = Frame("runtime.gopark", "runtime/proc.go", 474)
EXITS = Frame("runtime.goexit", "runtime/asm_amd64.s", 1264)
TAKES = Frame("Queue.get", "/usr/lib/python3.13/asyncio/queues.py", 183)
RUNS = Frame("Runner.run", "/usr/lib/python3.13/asyncio/runners.py", 118)


@pytest.mark.parametrize(
    ("stack", "place"),
    [
        ((LOCK, SAFE, INNER, OUTER), INNER),
        ((LOCK, SAFE), SAFE),
        ((LOCK, DRIVER, INNER, OUTER), INNER),
        ((LOCK, DRIVER), DRIVER),
        ((LOCK,), LOCK),
        # Idle connections of servers and of clients all wait in the same calls.
        ((POLL, READ, SERVES, EXITS), SERVES),
        ((POLL, READ, DRIVER, WATCHES), WATCHES),
        ((PARKS, EXITS), PARKS),
        ((TAKES, RUNS), TAKES),
    ],
)
def test_the_place_is_the_innermost_line_that_somebody_can_change_or_tells_what_it_is(
    stack: tuple[Frame, ...], place: Frame
) -> None:
    assert place_in(stack) is place
