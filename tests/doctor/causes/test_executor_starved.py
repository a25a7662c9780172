"""Jobs that no thread begins are told if all threads are busy, and for how long that lasts."""

from __future__ import annotations

from collections.abc import Sequence

from _snapshots import task, thread
from doctor._task_pages import case, page, seen
from snowshed.doctor import diagnose
from snowshed.doctor.causes.executor_starved import suspicions
from snowshed.model import Frame, Resource, Severity, TaskSnapshot, TaskState

CALLS = Frame("resize", "/srv/app.py", 10)
BLOCKS = Frame("ask_carrier", "/srv/app.py", 50)
WORKER = Frame("_worker", "/usr/lib/python3.11/concurrent/futures/thread.py", 83)
QUEUED = Resource(1, "executor", "<executor jobs that no thread has begun>", 4)
BEGUN = Resource(2, "executor", "<executor jobs that a thread has begun>", 2)
LIMITER = Resource(3, "anyio.CapacityLimiter", "<anyio.CapacityLimiter 40 of 40 borrowed>", 4)
RUN_SYNC = Frame("run_sync", "/srv/lib/site-packages/anyio/to_thread.py", 56)


def waiting(number: int, resource: Resource = QUEUED) -> TaskSnapshot:
    return task(number, state=TaskState.THREAD, stack=(CALLS,), resource=resource)


def worker(number: int, state: TaskState = TaskState.RUNNING) -> TaskSnapshot:
    stack = (WORKER,) if state is TaskState.POOL else (BLOCKS, WORKER)
    return thread(number, state=state, stack=stack, name=f"asyncio_{number}", owner="user")


def starved(*numbers: int) -> Sequence[TaskSnapshot]:
    begun = [waiting(number, BEGUN) for number in (90, 91)]
    return [*map(waiting, numbers), *begun, worker(190), worker(191)]


def test_where_the_threads_stand_is_told() -> None:
    (suspicion,) = suspicions(case(starved(1, 2, 3, 4)))
    assert (suspicion.group.count, suspicion.group.at) == (4, CALLS)
    assert suspicion.evidence == ("all 2 threads for such jobs are busy",)
    assert [(each.at, each.message) for each in suspicion.related] == [
        (BLOCKS, "2 of the threads are here")
    ]


def test_in_one_look_it_is_low_and_medium_if_the_same_jobs_still_wait() -> None:
    body = page(starved(1, 2, 3, 4))
    (finding,) = diagnose(seen(body)).findings
    assert (finding.severity, finding.detail) == (Severity.LOW, "executor-starved")
    (finding,) = diagnose(seen(body, body)).findings
    assert finding.severity is Severity.MEDIUM
    assert "4 of 4 jobs waited at the look before, too" in finding.evidence


def test_a_burst_that_goes_on_is_low() -> None:
    (finding,) = diagnose(seen(page(starved(1, 2, 3, 4)), page(starved(5, 6, 7, 8)))).findings
    assert finding.severity is Severity.LOW
    assert "a burst of short jobs waits in the same way" in finding.against


def test_one_free_thread_will_take_the_next() -> None:
    assert [*suspicions(case([*starved(1), worker(192, TaskState.POOL)]))] == []


def test_jobs_that_a_thread_has_begun_wait_for_their_end() -> None:
    assert [*suspicions(case([waiting(1, BEGUN), worker(190)]))] == []


def test_a_handler_that_is_no_coroutine_waits_for_a_place_among_the_threads() -> None:
    waits = task(1, state=TaskState.SEMAPHORE, stack=(RUN_SYNC, CALLS), resource=LIMITER)
    run = Frame("WorkerThread.run", "/srv/lib/site-packages/anyio/_backends/_asyncio.py", 1)
    busy = thread(190, stack=(BLOCKS, run), owner="user")
    (suspicion,) = suspicions(case([waits, busy]))
    assert suspicion.group.at == CALLS
    assert suspicion.evidence == ("the only thread for such jobs is busy",)
    idle = thread(191, state=TaskState.QUEUE_GET, stack=(run,), owner="user")
    assert [*suspicions(case([waits, busy, idle]))] == []
    semaphore = task(1, state=TaskState.SEMAPHORE, stack=(CALLS,), resource=LIMITER)
    assert [*suspicions(case([semaphore, busy]))] == []
