"""Goroutines that wait for locks, with the addresses that a dump shows."""

from __future__ import annotations

from collections.abc import Sequence

MUTEX = (
    ("internal/sync.(*Mutex).lockSlow({lock:#x})", "internal/sync/mutex.go:149"),
    ("internal/sync.(*Mutex).Lock(...)", "internal/sync/mutex.go:70"),
    ("sync.(*Mutex).Lock(...)", "sync/mutex.go:46"),
)
WRITE = (("sync.(*RWMutex).Lock({lock:#x})", "sync/rwmutex.go:155"),)
READ = (("sync.(*RWMutex).RLock({lock:#x})", "sync/rwmutex.go:74"),)
_CALLS = {"sync.Mutex.Lock": MUTEX, "sync.RWMutex.Lock": WRITE, "sync.RWMutex.RLock": READ}


def waits(
    number: int, state: str, *calls: tuple[str, int, int], lock: int = 0, leaked: bool = False
) -> str:
    """A goroutine in ``calls``: function, address that it was given, line; innermost first."""
    mark = " (leaked)" if leaked else ""
    lines = [f"goroutine {number} [{state}{mark}]:"]
    inner: Sequence[tuple[str, str]] = _CALLS.get(state, ())
    for call, place in inner:
        lines += [call.format(lock=lock), f"\t/go/src/{place} +0x1d"]
    for function, address, line in calls:
        lines += [f"{function}({address:#x})", f"\t/srv/shop/main.go:{line} +0x1d"]
    lines += ["created by main.main in goroutine 1", "\t/srv/shop/main.go:9 +0x2e"]
    return "\n".join(lines) + "\n"
