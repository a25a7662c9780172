"""Dumps in the form of those that servers in trouble have left in tickets, over all releases."""

from __future__ import annotations

import pytest

from snowshed.doctor import diagnose, load, look_at

SHOP = "/go/src/shop.example/shop"


def blocked(number: int, minutes: int, lock: int, method: str, *calls: tuple[str, int]) -> str:
    """A goroutine as Go 1.5 to 1.19 write one that waits for a lock."""
    lines = [
        f"goroutine {number} [semacquire, {minutes} minutes]:",
        f"sync.runtime_SemacquireMutex({lock + 4:#x}, 0x0, 0x1)",
        "\t/usr/local/go/src/runtime/sema.go:71 +0x47",
        f"sync.({method}({lock:#x})",
        "\t/usr/local/go/src/sync/mutex.go:134 +0xff",
    ]
    return "\n".join([*lines, *framed(calls)]) + "\n"


def waiting(number: int, state: str, *calls: tuple[str, int]) -> str:
    return "\n".join([f"goroutine {number} [{state}]:", *framed(calls)]) + "\n"


def framed(calls: tuple[tuple[str, int], ...]) -> list[str]:
    lines = []
    for name, word in calls:
        package = "" if name.startswith(("github.com", "testing.")) else "shop.example/shop."
        folder = "/go/src/vendor/x" if package == "" else SHOP
        lines += [f"{package}{name}({word:#x}, 0x0)", f"\t{folder}/a.go:{len(name)} +0x54"]
    return [*lines, "created by shop.example/shop.serve", f"\t{SHOP}/a.go:9 +0x66"]


STORE, REPLICA, QUEUE = 0xC42031AF00, 0xC005886000, 0xC000101800
ACROSS = "lock-across-channel low"
MUTEX, READ = "*Mutex).Lock", "*RWMutex).RLock"


def crossed() -> str:
    first = blocked(
        142,
        9,
        REPLICA + 0x88,
        MUTEX,
        ("(*Replica).init", REPLICA),
        ("(*Queue).add", QUEUE),
    )
    second = blocked(
        150,
        9,
        QUEUE + 0x78,
        MUTEX,
        ("(*Queue).remove", QUEUE),
        ("(*Replica).destroy", REPLICA),
    )
    return f"{first}\n{second}"


def behind_a_call() -> str:
    call = waiting(
        32,
        "select, 445 minutes",
        ("github.com/hashicorp/yamux.(*Stream).Read", 0xC00071A780),
        ("(*Client).call", 0xC0004A0000),
        ("(*Store).sync", STORE),
    )
    readers = [blocked(n, n, STORE + 24, READ, ("(*Store).list", STORE)) for n in range(100, 120)]
    return "\n".join([call, *readers])


def behind_a_method_that_takes_the_lock() -> str:
    wrapped = blocked(
        25,
        14,
        0xC42013FEA8,
        MUTEX,
        ("(*TimedMutex).Lock", STORE + 0x250),
        ("(*Store).create", STORE),
    )
    sender = waiting(77, "chan send, 15 minutes", ("(*Store).removed", STORE), ("gc", STORE))
    return f"{wrapped}\n{sender}"


def under_the_disk() -> str:
    works = waiting(
        9, "syscall, 834 minutes, locked to thread", ("commit", 0), ("(*Store).write", STORE)
    )
    return works + "\n" + blocked(99, 833, STORE + 16, MUTEX, ("(*Store).tick", STORE))


@pytest.mark.parametrize(
    ("dump", "told"),
    [
        (crossed(), {"(*Replica).init": "lock-order high", "(*Queue).remove": "lock-order high"}),
        (behind_a_call(), {"(*Store).list": ACROSS, "(*Client).call": ACROSS}),
        (
            behind_a_method_that_takes_the_lock(),
            {"(*Store).create": ACROSS, "(*Store).removed": ACROSS},
        ),
        (under_the_disk(), {"(*Store).tick": ACROSS, "commit": ACROSS}),
    ],
)
def test_a_server_that_is_stuck_is_told_where_and_why(dump: str, told: dict[str, str]) -> None:
    look = look_at(load("ticket", dump.encode()))
    assert look is not None
    found = diagnose([look]).findings
    names = {each.at.function.removeprefix("shop.example/shop."): each for each in found}
    assert {name: f"{each.detail} {each.severity}" for name, each in names.items()} == told
