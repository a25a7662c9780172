"""Waits that are over: how many at which line, and how long each took."""

from __future__ import annotations

import pytest

from _trace_writer import (
    BLOCK,
    NOBODY,
    RUNNING,
    START,
    STATUS,
    SYSCALL,
    SYSCALL_END,
    UNBLOCK,
    WAITING,
    Generation,
)
from _traces import frame, read
from doctor._dumps import GO
from snowshed.doctor import load
from snowshed.doctor._contention import (
    HELD,
    Waited,
    between,
    in_profile,
    in_trace,
    is_contention,
)
from snowshed.model import Frame, Profile

AT = Frame("main.pay", "/srv/pay.go", 7)


def profile(name: str) -> Profile:
    content = load(name, (GO / name).read_bytes()).content
    assert isinstance(content, Profile)
    return content


@pytest.mark.parametrize("name", ["block.pb.gz", "block1.txt"])
def test_a_block_profile_names_the_line_that_waits(name: str) -> None:
    locks, group = in_profile(profile(name))
    assert (locks.state, locks.at.line, locks.count) == ("sync.Mutex.Lock", 100, 39)
    assert locks.seconds == pytest.approx(0.125, rel=0.1)
    assert (group.state, group.at.line, group.count) == ("sync.WaitGroup.Wait", 106, 1)
    assert {each.told_by for each in (locks, group)} == {"block profile"}
    assert (locks.is_lock, group.is_lock) == (True, False)


@pytest.mark.parametrize("name", ["mutex.pb.gz", "mutex1.txt"])
def test_a_mutex_profile_names_the_line_that_lets_go(name: str) -> None:
    (held,) = in_profile(profile(name))
    assert (held.state, held.told_by, held.at.line, held.count) == (HELD, "mutex profile", 102, 39)
    assert held.is_lock
    assert str(held).startswith("39 waits ended here, after 3.")


@pytest.mark.parametrize("name", ["proto.pb.gz", "cpu.pb.gz", "debug1.txt"])
def test_other_profiles_count_no_waits(name: str) -> None:
    assert not is_contention(profile(name))
    assert is_contention(profile("block.pb.gz"))


def test_a_trace_counts_the_waits_that_began_and_ended_in_it() -> None:
    generation = Generation(frequency=1000)
    generation.on(1, 0, (STATUS, 0, 1, 1, RUNNING), (STATUS, 0, 9, NOBODY, WAITING))
    woken = generation.stack("sync.(*Mutex).Unlock:1", "main.settle:40")
    for line, reason in ((7, "sync"), (8, "network")):
        stack = generation.stack("sync.(*Mutex).Lock:1", f"main.pay:{line}")
        block = (BLOCK, 1, generation.string(reason), stack)
        generation.on(1, 10 * line, block)
        generation.on(2, 10 * line, (STATUS, 0, 2, 2, RUNNING), (UNBLOCK, 5, 1, line, woken))
        generation.on(1, 10 * line + 5, (START, 0, 1, line + 20))
    calls = generation.stack("syscall.write:1", "main.pay:9")
    generation.on(1, 95, (SYSCALL, 0, 1, calls), (SYSCALL_END, 3))
    call = generation.stack("main.last:3")
    generation.on(1, 99, (BLOCK, 1, generation.string("sync"), call))
    told = {each.at.line: each for each in in_trace(read(generation))}
    assert {line: each.state for line, each in told.items()} == {
        7: "sync.Mutex.Lock",
        8: "IO wait",
    }
    assert {each.woken_at for each in told.values()} == {frame("main.settle", 40)}
    assert str(told[7]) == "1 wait at this line ended, after 4 ms on average (trace)"


def waited(count: int, seconds: float, state: str = "sync.Mutex.Lock") -> Waited:
    return Waited(AT, state, "block profile", count, seconds)


def test_of_two_profiles_what_came_in_between_counts() -> None:
    (new,) = between([waited(10, 5.0)], [waited(30, 6.0)])
    assert (new.count, new.seconds, new.each) == (20, 1.0, 0.05)
    assert between([waited(10, 5.0)], [waited(10, 5.0)]) == ()
    # Who counts less than before was started anew.
    assert between([waited(10, 5.0)], [waited(3, 0.1)]) == (waited(3, 0.1),)
    other = waited(1, 1.0, "chan send")
    assert between([waited(10, 5.0)], [other]) == (other,)


def test_a_wait_is_told_with_its_average() -> None:
    assert waited(0, 0.0).each == 0.0
    assert "1,000 waits at this line ended, after 2.5 s on average" in str(waited(1000, 2500.0))
    assert "after 12 us on average" in str(waited(2, 24e-6))
