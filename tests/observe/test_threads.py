from __future__ import annotations

import asyncio
import importlib
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from observe import _loops
from snowshed.model import TaskSnapshot, TaskState
from snowshed.observe._snapshot import _threads
from snowshed.observe._snapshot._paths import Paths
from snowshed.observe._snapshot._resources import code_at, found
from snowshed.observe._snapshot._threads import look_at_threads


def looked_at(ident: int | None) -> TaskSnapshot:
    (found,) = (thread for thread in look_at_threads(Paths()) if thread.id == ident)
    return found


def until(ident: int | None, state: TaskState) -> TaskSnapshot:
    """Look until the thread has got where it was sent."""
    end = time.monotonic() + 10
    while (found := looked_at(ident)).state is not state:
        assert time.monotonic() < end, found
    return found


class Away:
    """A thread that was sent to wait."""

    def __init__(self, wait: Callable[[], object], end: Callable[[], object]) -> None:
        self._end = end
        self.thread = threading.Thread(target=wait, name="away")

    def __enter__(self) -> threading.Thread:
        self.thread.start()
        return self.thread

    def __exit__(self, *_: object) -> None:
        self._end()
        self.thread.join(10)
        assert not self.thread.is_alive()


# How to wait, and how to end it.
Way = tuple[Callable[[], object], Callable[[], object]]
WAYS: list[tuple[TaskState, Callable[[], Way]]] = []


def place(state: TaskState) -> Callable[[Callable[[], Way]], None]:
    return lambda make: WAYS.append((state, make))


@place(TaskState.EVENT)
def wait_for_event() -> Way:
    event = threading.Event()
    return event.wait, event.set


@place(TaskState.CONDITION)
def wait_for_condition() -> Way:
    condition = threading.Condition()

    def wait() -> None:
        with condition:
            condition.wait()

    def notify() -> None:
        with condition:
            condition.notify()

    return wait, notify


@place(TaskState.SEMAPHORE)
def wait_for_semaphore() -> Way:
    semaphore = threading.Semaphore(0)
    return semaphore.acquire, semaphore.release


@place(TaskState.BARRIER)
def wait_for_barrier() -> Way:
    barrier = threading.Barrier(2)
    return barrier.wait, barrier.wait


@place(TaskState.QUEUE_GET)
def wait_for_get() -> Way:
    things = queue.Queue[int]()
    return things.get, lambda: things.put(1)


@place(TaskState.QUEUE_PUT)
def wait_for_put() -> Way:
    things = queue.Queue[int](1)
    things.put(1)
    return lambda: things.put(2), things.get


@place(TaskState.QUEUE_JOIN)
def wait_for_join() -> Way:
    things = queue.Queue[int]()
    things.put(1)
    return things.join, things.task_done


@place(TaskState.AWAIT_TASK)
def wait_for_thread() -> Way:
    event = threading.Event()
    other = threading.Thread(target=event.wait)
    other.start()
    return other.join, event.set


@place(TaskState.THREAD)
def wait_for_result() -> Way:
    future = Future[int]()
    return future.result, lambda: future.set_result(1)


@place(TaskState.SOCKET)
def wait_for_select() -> Way:
    ours, theirs = socket.socketpair()
    selector = selectors.DefaultSelector()
    selector.register(ours, selectors.EVENT_READ)

    def end() -> None:
        theirs.send(b"x")

    def wait() -> None:
        selector.select()
        for each in (selector, ours, theirs):
            each.close()

    return wait, end


def name_of(each: object) -> str:
    return str(getattr(each, "__name__", each))


@pytest.mark.parametrize(("state", "make"), WAYS, ids=name_of)
def test_threads_that_wait_are_told_apart(state: TaskState, make: Callable[[], Way]) -> None:
    with Away(*make()) as thread:
        found = until(thread.ident, state)
        assert (found.kind, found.name, found.id) == ("thread", "away", thread.ident)
        assert found.stack[-1].function.endswith("_bootstrap")


# Of these a system has those that it can do.
ON_SOME_SYSTEMS = {f"selectors:{kind}Selector.select" for kind in ("Poll", "Epoll", "Kqueue")}


@pytest.mark.parametrize("place", sorted({*_threads._PLACES, *_threads._INNERMOST}))
def test_the_code_of_each_place_is_there(place: str) -> None:
    importlib.import_module(place.partition(":")[0])
    if place not in ON_SOME_SYSTEMS or found(place) is not None:
        assert code_at(place) is not None


def test_an_idle_worker_of_an_executor_waits_for_its_pool() -> None:
    with ThreadPoolExecutor(1) as executor:
        ident = executor.submit(threading.get_ident).result()
        found = until(ident, TaskState.POOL)
        assert found.function.function == "_worker"


def test_a_thread_that_runs_shows_where() -> None:
    found = looked_at(threading.get_ident())
    assert found.state is TaskState.RUNNING
    assert found.name == threading.current_thread().name
    functions = [frame.function for frame in found.stack]
    assert "test_a_thread_that_runs_shows_where" in functions


def test_what_calls_python_while_it_waits_runs() -> None:
    looks = []

    class Own(queue.Queue[int]):
        def _qsize(self) -> int:
            looks.append(looked_at(threading.get_ident()))
            return 1

    things = Own()
    things.queue.append(1)
    assert things.get() == 1
    assert looks[0].state is TaskState.RUNNING


@pytest.mark.parametrize("kind", _loops.KINDS)
def test_a_loop_that_has_nothing_to_do_waits_for_a_socket(kind: str) -> None:
    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: _loops.new_loop(kind)) as runner:
            loops.append(runner.get_loop())
            started.set()
            runner.run(wait())

    async def wait() -> None:
        futures.append(loops[0].create_future())
        ready.set()
        await futures[0]

    loops: list[asyncio.AbstractEventLoop] = []
    futures: list[asyncio.Future[None]] = []
    started, ready = threading.Event(), threading.Event()
    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    until(thread.ident, TaskState.SOCKET)
    loops[0].call_soon_threadsafe(futures[0].set_result, None)
    thread.join(10)
    assert not thread.is_alive()


def test_more_threads_than_fit_in_a_batch_are_all_seen() -> None:
    end = threading.Event()
    threads = [threading.Thread(target=end.wait) for _ in range(100)]
    for thread in threads:
        thread.start()
    seen = {thread.id for thread in look_at_threads(Paths())}
    assert {thread.ident for thread in threads} <= seen
    end.set()
    for thread in threads:
        thread.join()


def test_threads_of_our_own_are_not_the_users_work() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="snowshed-watch")
    thread.start()
    try:
        owners = {each.name: each.owner for each in look_at_threads(Paths())}
    finally:
        stop.set()
        thread.join()
    assert owners["snowshed-watch"] == "infrastructure"
    assert owners["MainThread"] == "user"
