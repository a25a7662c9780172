"""What a diagnosis costs grows with its input and no faster, whatever the input is like.

Not seconds are compared but calls, of Python and of C, which are the same on every machine.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable

import pytest

from doctor._dumps import goroutine
from snowshed.doctor import diagnose, load, look_at, text

TIMES, SLACK = 4, 1.5
Make = Callable[[int], list[str]]


def same_place(number: int) -> list[str]:
    return [goroutine(n, "chan send", "main.notify:88") for n in range(1, number)]


def each_elsewhere(number: int) -> list[str]:
    return [
        goroutine(n, "chan send", f"main.f{n}:{n}", created=f"main.g{n} in goroutine {n - 1}")
        for n in range(1, number)
    ]


def at_one_lock(number: int) -> list[str]:
    return [
        f"goroutine {n} [sync.Mutex.Lock]:\n"
        "sync.(*Mutex).Lock(0xc000010008)\n\tsync/mutex.go:46 +0x1d\n"
        f"main.(*Store).get{n % 7}(0xc000010000, 0xc{n:09x})\n\t/srv/main.go:{n % 7 + 1} +0x1d\n"
        "created by main.serve in goroutine 1\n\t/srv/main.go:10 +0x2e\n"
        for n in range(1, number)
    ]


def at_locks_of_their_own(number: int) -> list[str]:
    return [
        f"goroutine {n} [{'sync.Mutex.Lock' if n % 2 else 'chan send'}]:\n"
        + ("sync.(*Mutex).Lock(" + f"{0xC000000008 + 64 * n:#x})\n\tsync/mutex.go:46\n") * (n % 2)
        + f"main.(*Store{n}).get({0xC000000000 + 64 * n:#x})\n\t/srv/main.go:{n} +0x1d\n"
        f"created by main.serve in goroutine {n // 2}\n\t/srv/main.go:10 +0x2e\n"
        for n in range(1, number)
    ]


def a_chain(number: int) -> list[str]:
    """Each made by the one before: as deep as it is long."""
    return [
        goroutine(n, "select", "main.f:1", created=f"main.f in goroutine {n - 1}")
        for n in range(2, number)
    ]


def deep(number: int) -> list[str]:
    calls = [f"main.f{n}:{n}" for n in range(1, 10 * number)]
    return [goroutine(n, "chan receive", *calls) for n in range(1, 4)]


def torn(number: int) -> list[str]:
    return [f"goroutine {n} [select]:\nmain.f(\nx\n\tmain.go\n" for n in range(1, number)]


SHAPES: list[Make] = [
    same_place,
    each_elsewhere,
    at_one_lock,
    at_locks_of_their_own,
    a_chain,
    deep,
    torn,
]


def diagnosed(*dumps: bytes) -> str:
    looks = [look for dump in dumps if (look := look_at(load("dump", dump))) is not None]
    return text(diagnose(looks))


def calls_of(*dumps: bytes) -> int:
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        diagnosed(*dumps)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("looks", [1, 2])
@pytest.mark.parametrize("make", SHAPES, ids=lambda make: make.__name__)
def test_the_cost_grows_with_the_length_and_no_faster(make: Make, looks: int) -> None:
    small, large = ("\n".join(make(size)).encode() for size in (150, 150 * TIMES))
    # What is loaded, compiled and looked up once.
    diagnosed(small)
    diagnosed(large)
    spent = calls_of(*[small] * looks)
    assert calls_of(*[large] * looks) <= SLACK * TIMES * spent


@pytest.mark.parametrize("make", SHAPES, ids=lambda make: make.__name__)
def test_memory_is_a_few_times_the_length(make: Make) -> None:
    dump = "\n".join(make(1500)).encode()
    diagnosed(dump)
    tracemalloc.start()
    try:
        diagnosed(dump)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= 30 * len(dump) + 1_000_000
