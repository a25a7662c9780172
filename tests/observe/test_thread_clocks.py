"""Which threads burn the processor."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from snowshed.observe._sampler import _thread_clocks
from snowshed.observe._sampler._thread_clocks import ThreadClocks, cpu_of

needs_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


@contextmanager
def waiting(count: int, name: str = "waits") -> Iterator[list[threading.Thread]]:
    go, ready = threading.Event(), threading.Semaphore(0)

    def wait() -> None:
        ready.release()
        go.wait(60)

    threads = [threading.Thread(target=wait, name=f"{name}-{n}") for n in range(count)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert ready.acquire(timeout=10)
    yield threads
    go.set()
    for thread in threads:
        thread.join()


def burn() -> None:
    until = time.thread_time() + 0.01
    while time.thread_time() < until:
        pass


@needs_linux
def test_the_clock_of_a_thread_is_found_by_its_number_and_a_gone_one_is_none() -> None:
    before = cpu_of(threading.get_native_id())
    burn()
    after = cpu_of(threading.get_native_id())
    assert before is not None
    assert after is not None
    assert after - before >= 0.01
    with waiting(1) as [thread]:
        native = thread.native_id
        assert native is not None
        assert cpu_of(native) is not None
    assert cpu_of(2**22 + 5) is None
    # Of another process, such as the first one of all.
    assert cpu_of(1) is None or threading.get_native_id() == 1


@needs_linux
def test_a_look_tells_what_each_thread_has_used_since_the_last_one() -> None:
    clocks = ThreadClocks(most=1000)
    with waiting(1):
        assert clocks.look(10.0) == []
        burn()
        found = {burned.name: burned for burned in clocks.look(10.5)}
        own = found[threading.current_thread().name]
        assert own.ident == threading.get_ident()
        assert own.cpu >= 0.01
        assert own.elapsed == 0.5
        assert own.frame.f_code is ThreadClocks.look.__code__
        assert found["waits-0"].cpu < 0.01


@needs_linux
def test_our_own_threads_are_not_looked_at() -> None:
    clocks = ThreadClocks(most=1000)
    with waiting(1), waiting(1, "snowshed-test"):
        clocks.look(10.0)
        names = {burned.name for burned in clocks.look(11.0)}
    assert "waits-0" in names
    assert "snowshed-test-0" not in names


@needs_linux
def test_of_many_threads_some_are_looked_at_in_turns() -> None:
    clocks = ThreadClocks(most=10)
    with waiting(35):
        seen: list[set[str]] = []
        # Each look is at ten threads, some of which other tests have left; a thread can be told of
        # when it is seen for the second time.
        for look in range(3 * threading.active_count() // 10):
            found = clocks.look(float(look))
            assert len(found) <= 10
            seen.append({burned.name for burned in found})
            assert all(burned.elapsed >= 3 for burned in found)
        names = set.union(*seen)
        assert {f"waits-{n}" for n in range(35)} <= names


def test_threads_that_ended_are_forgotten() -> None:
    clocks = ThreadClocks(most=1000)
    with waiting(20) as threads:
        idents = {thread.ident for thread in threads}
        clocks.look(0.0)
        assert clocks._seen.keys() >= idents
    clocks.look(1.0)
    assert not clocks._seen.keys() & idents


def test_without_clocks_the_time_of_the_process_goes_to_those_that_do_not_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_thread_clocks, "_LINUX", False)
    assert cpu_of(threading.get_native_id()) is None
    clocks = ThreadClocks(most=1000)
    with waiting(3):
        clocks.look(10.0)
        burn()
        found = clocks.look(10.5)
    # The others stand in `threading.py`.
    names = {burned.name for burned in found}
    assert threading.current_thread().name in names
    assert not [name for name in names if name.startswith("waits")]
    assert sum(burned.cpu for burned in found) >= 0.01
    assert {burned.elapsed for burned in found if burned.ident == threading.get_ident()} == {0.5}
