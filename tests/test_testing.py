"""On a virtual loop nothing sleeps, the order of events is fixed, and a hang is an error."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from snowshed.core import _clock
from snowshed.testing import VirtualTimeLoop, run_virtual


def test_an_hour_passes_in_no_time_and_exactly() -> None:
    async def main() -> float:
        before = asyncio.get_running_loop().time()
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time() - before

    started = time.monotonic()
    assert run_virtual(main()) == 3600
    assert time.monotonic() - started < 60


def test_timers_fire_in_the_order_of_their_times() -> None:
    seen: list[str] = []

    async def after(seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        seen.append(name)

    async def main() -> None:
        await asyncio.gather(after(30, "late"), after(0.001, "early"), after(5, "middle"))

    run_virtual(main())
    assert seen == ["early", "middle", "late"]


def test_time_stands_still_while_code_runs() -> None:
    async def main() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        first = loop.time()
        for _ in range(100):
            await asyncio.sleep(0)
        return first, loop.time()

    first, last = run_virtual(main())
    assert first == last


def test_deadlines_read_the_same_clock_and_get_the_real_one_back() -> None:
    async def main() -> float:
        await asyncio.sleep(100)
        return _clock.now()

    assert run_virtual(main()) == 100
    assert _clock.now() == pytest.approx(time.monotonic(), abs=60)


def test_waiting_for_what_never_comes_is_an_error_and_no_hang() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="would hang for ever"):
        run_virtual(main())


def test_the_loop_really_waits_for_a_thread_and_does_not_jump_meanwhile() -> None:
    go_on = threading.Event()

    async def main() -> tuple[bool, float]:
        loop = asyncio.get_running_loop()
        job = loop.run_in_executor(None, go_on.wait, 60)
        threading.Timer(0.01, go_on.set).start()
        timer = loop.call_later(5, lambda: None)
        answered = await job
        timer.cancel()
        return answered, loop.time()

    assert run_virtual(main()) == (True, 0.0)


@pytest.mark.parametrize("pending", [False, True], ids=["idle", "with a timer"])
def test_a_loop_closes_while_the_default_executor_still_works(pending: bool) -> None:
    """Joining the threads is waiting for them: no hang, and no time that passes."""
    ended: list[float] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(int)
        job = loop.run_in_executor(None, time.sleep, 0.02)
        job.add_done_callback(lambda _: ended.append(loop.time()))
        if pending:
            loop.call_later(60, ended.append, -1.0)

    run_virtual(main())
    assert ended == [0.0]


def test_sockets_work() -> None:
    async def main() -> bytes:
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            there.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(here, b"hello")
            return await loop.sock_recv(there, 5)

    assert run_virtual(main()) == b"hello"


def test_the_clock_cannot_go_backwards() -> None:
    loop = VirtualTimeLoop()
    try:
        loop.advance(2.5)
        loop.advance(-1)
        assert loop.time() == 2.5
    finally:
        loop.close()
