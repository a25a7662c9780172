from __future__ import annotations

import pytest

from doctor._dumps import look
from snowshed.doctor._semaphores import waits_for
from snowshed.model import Frame


def stack(*functions: str) -> tuple[Frame, ...]:
    return tuple(Frame(function, "", 1) for function in functions)


SEMAPHORE, MUTEX = "sync.runtime_Semacquire", "sync.runtime_SemacquireMutex"


@pytest.mark.parametrize(
    ("functions", "state"),
    [
        ((MUTEX, "sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock"), "sync.Mutex.Lock"),
        ((SEMAPHORE, "sync.(*Mutex).Lock"), "sync.Mutex.Lock"),
        ((SEMAPHORE, "sync.(*RWMutex).RLock"), "sync.RWMutex.RLock"),
        ((MUTEX, "sync.(*RWMutex).rLockSlow", "sync.(*RWMutex).RLock"), "sync.RWMutex.RLock"),
        ((MUTEX, "sync.(*RWMutex).Lock"), "sync.RWMutex.Lock"),
        # Another writer is first.
        ((MUTEX, "sync.(*Mutex).lockSlow", "sync.(*RWMutex).Lock"), "sync.Mutex.Lock"),
        ((SEMAPHORE, "sync.(*WaitGroup).Wait"), "sync.WaitGroup.Wait"),
        (("sync.runtime_notifyListWait", "sync.(*Cond).Wait"), "sync.Cond.Wait"),
        (("internal/poll.runtime_Semacquire", "internal/poll.(*fdMutex).rwlock"), "semacquire"),
        ((SEMAPHORE,), "semacquire"),
        ((), "semacquire"),
    ],
)
def test_the_calls_tell_what_the_word_of_older_releases_stands_for(
    functions: tuple[str, ...], state: str
) -> None:
    assert waits_for("semacquire", stack(*functions, "main.(*Mutex).Lock", "main.main")) == state


def test_a_word_that_says_it_is_kept() -> None:
    assert waits_for("chan send", stack("sync.(*Mutex).Lock")) == "chan send"


OLD = """\
goroutine 9 [semacquire, 45 minutes]:
sync.runtime_Semacquire(0xc20803e62c)
\t/usr/lib/golang/src/runtime/sema.go:43 +0x2d
sync.(*WaitGroup).Wait(0xc20803e620)
\t/usr/lib/golang/src/sync/waitgroup.go:127 +0xb4
main.restore(0xc20803e600)
\t/srv/shop/main.go:7 +0x1d
"""


def test_groups_of_old_dumps_have_the_words_of_new_ones() -> None:
    (group,) = look(OLD).groups
    assert (group.where.state, group.state, group.minutes) == (
        "sync.WaitGroup.Wait",
        "sync.WaitGroup.Wait",
        45,
    )
