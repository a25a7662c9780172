from __future__ import annotations

from doctor._dumps import case, goroutine, look
from snowshed.doctor._case import Case
from snowshed.doctor.causes.thread_pinned import suspicions

MAIN = goroutine(1, "running", "main.main:9", created="")
READS = ("syscall.Syscall:73", "syscall.Read:181", "main.tail:12")


def held(count: int, *calls: str, state: str = "syscall") -> list[str]:
    return [goroutine(10 + n, state, *calls) for n in range(count)]


def test_many_in_one_system_call_hold_as_many_threads() -> None:
    (found,) = suspicions(case(MAIN, *held(12, *READS)))
    assert (found.confidence, found.evidence) == (0.65, ("12 threads are held by a system call",))
    (lasts,) = suspicions(Case([look(MAIN, *held(12, *READS)), look(MAIN, *held(12, *READS))]))
    assert lasts.confidence == 0.7


def test_a_few_are_well_and_so_is_what_the_library_does() -> None:
    assert not [*suspicions(case(MAIN, *held(9, *READS)))]
    assert not [*suspicions(case(MAIN, *held(12, "syscall.Syscall:73", "os/signal.loop:23")))]


def test_calls_of_c_are_told_by_the_call_of_the_program() -> None:
    (found,) = suspicions(case(MAIN, *held(12, "main._Cfunc_compress:46", "main.pack:9")))
    assert found.evidence == ("12 threads are held by a call of C",)


def test_goroutines_that_are_locked_hold_a_thread_whatever_they_wait_for() -> None:
    locked = held(12, "main.render:9", state="chan receive, locked to thread")
    (found,) = suspicions(case(MAIN, *locked))
    assert found.evidence == ("12 of them are locked to a thread each",)
    leaked = held(12, "main.render:9", state="chan receive (leaked), locked to thread")
    (proven,) = suspicions(case(MAIN, *leaked))
    assert proven.confidence == 0.3
    assert not [*suspicions(case(MAIN, *held(12, "main.render:9", state="chan receive")))]


def test_children_are_waited_for_in_system_calls() -> None:
    waits = ("syscall.Syscall6:96", "os.(*Process).Wait:134", "main.run:5")
    looks = [look(MAIN, *held(count, *waits)) for count in (5, 20, 40)]
    assert not [*suspicions(Case(looks[:2]))]
    assert [*suspicions(Case(looks))]
