from __future__ import annotations

from collections import Counter

import pytest

from doctor._dumps import goroutine, look, of_file
from snowshed.doctor import Loaded, look_at
from snowshed.doctor._looks import MEMBERS_AT_MOST, NOT_TOLD, Where
from snowshed.formats import pprof
from snowshed.formats.goroutines import write_debug2
from snowshed.model import Ancestor, Frame, Goroutine, Profile, Sample, StateClass, ValueType


def by_place(name: str) -> Counter[Where]:
    counts: Counter[Where] = Counter()
    for group in of_file(name).groups:
        counts[group.where] += group.count
    return counts


def test_a_dump_and_a_profile_of_the_same_process_have_the_same_groups() -> None:
    assert by_place("debug2.txt") == by_place("proto.pb.gz")


def test_leaks_are_the_same_in_each_form() -> None:
    leaked = Counter(
        {group.where: group.leaked for group in of_file("leak2.txt").groups if group.leaked}
    )
    assert leaked == by_place("leak.pb.gz")
    assert of_file("leak.pb.gz").only_leaks
    assert not of_file("leak2.txt").only_leaks


def test_a_crash_dump_has_the_places_of_others_though_it_shows_the_runtime() -> None:
    served = (Frame("net/http.(*persistConn).readLoop", "net/http/transport.go", 2616),)
    parked = (Frame("runtime.gopark", "runtime/proc.go", 474),)
    end = (Frame("runtime.goexit", "runtime/asm_amd64.s", 1264),)
    stacks = (served, (*parked, *served, *end), (*parked, *end))
    text = write_debug2(Goroutine(n, "select", stack) for n, stack in enumerate(stacks, 1))
    places = {group.where.at.function: group.count for group in look(text).groups}
    assert places == {"net/http.(*persistConn).readLoop": 2, "runtime.gopark": 1}


def test_text_without_states_claims_none() -> None:
    states = {group.where.at.line: group.where.state for group in of_file("debug1.txt").groups}
    assert (states[69], states[66], states[68]) == ("sleep", "sync.Mutex.Lock", NOT_TOLD)


def test_a_group_has_the_largest_hint_and_its_members() -> None:
    found = look(
        goroutine(7, "chan send, 2 minutes", "main.notify:5"),
        goroutine(8, "chan send, 9 minutes", "main.notify:5"),
        goroutine(9, "chan send", "main.notify:6"),
    )
    first, second = found.groups
    assert (first.count, first.minutes, first.state_class) == (2, 9, StateClass.CHANNEL)
    assert [each.id for each in first.members] == [7, 8]
    assert first.created_by == Frame("main.serve", "/srv/shop/main.go", 10)
    assert (second.count, found.total) == (1, 3)


def test_of_very_many_some_are_kept_and_all_counted() -> None:
    stack = (Frame("main.notify", "/srv/shop/main.go", 5),)
    text = write_debug2(Goroutine(n, "chan send", stack) for n in range(MEMBERS_AT_MOST + 500))
    (group,) = look(text).groups
    assert (group.count, len(group.members)) == (MEMBERS_AT_MOST + 500, MEMBERS_AT_MOST)


def test_a_profile_of_python_tasks_says_its_states_in_labels() -> None:
    stack = (
        Frame("Lock.acquire", "/usr/lib/python3.13/asyncio/locks.py", 113),
        Frame("checkout", "/srv/shop/app.py", 31),
    )
    count = ValueType("goroutine", "count")
    profile = Profile((count,), (Sample(stack, (8000,), (("state", "lock"),)),), count, 1)
    found = look_at(Loaded("py", pprof.read(pprof.write(profile))))
    assert found is not None
    (group,) = found.groups
    assert (group.where, group.count) == (Where("lock", stack[1]), 8000)


def test_what_says_nothing_of_goroutines_is_no_look() -> None:
    with pytest.raises(AssertionError):
        of_file("cpu.pb.gz")


def test_a_deadlock_of_all_is_told_by_the_runtime() -> None:
    assert of_file("deadlock.txt").all_asleep
    assert not of_file("panic.txt").all_asleep


def test_the_call_into_the_runtime_is_kept_where_it_is_shown() -> None:
    calls = {group.where.state: group.call for group in of_file("proto.pb.gz").groups}
    assert calls["select"] == "runtime.selectgo"
    crash = goroutine(7, "chan receive", "runtime.gopark:9", "runtime.chanrecv2:8", "main.work:5")
    (group,) = look(crash).groups
    assert (group.call, group.where.at.function) == ("runtime.chanrecv2", "main.work")


def test_a_trace_is_a_look_with_all_that_a_dump_has_but_what_older_ones_came_from() -> None:
    seen = of_file("trace.out.gz")
    assert (seen.listed, seen.partial) == (True, False)
    (senders,) = (group for group in seen.groups if group.where.state == "chan send")
    assert (senders.count, senders.call) == (6, "runtime.chansend1")
    assert senders.created_by is not None
    assert (senders.where.at.function, senders.created_by.function) == (
        "main.main.func1",
        "main.main",
    )
    assert {each.parent for each in senders.members} == {1}
    motion = seen.motions[senders.where]
    assert (motion.born, motion.still, motion.created, motion.ended) == (6, 0, 7, 1)
    (idle,) = (group for group in seen.groups if group.where.at.function == "main.idle")
    assert (idle.where.state, idle.created_by, seen.motions[idle.where].still) == (
        *("chan receive", None, 1),
    )
    assert seen.taken_at is not None
    assert seen.trace is not None
    assert {each.told_by for each in seen.waits} == {"trace"}


def test_a_profile_of_waits_is_a_look_at_nobody() -> None:
    seen = of_file("block.pb.gz")
    assert (seen.groups, seen.partial, len(seen.waits)) == ((), True, 2)


def test_a_list_that_has_lost_its_end_is_told_by_its_last_goroutine() -> None:
    first, last = goroutine(7, "sleep", "main.tick:5"), goroutine(8, "sleep", "main.tick:5")
    main = goroutine(1, "IO wait", "main.main:9", created="")
    assert not look(first, last).cut
    assert not look(first, main).cut
    assert not look(goroutine(8, "sleep", "main.tick:5", created="")).cut
    assert all(
        look(first, last[:at]).cut for at in range(len(last) - 30, len("goroutine 8 [sleep]:"), -1)
    )


def test_who_served_a_request_is_known_if_the_stack_of_a_maker_is_told() -> None:
    served = (Frame("main.order", "main.go", 9), Frame("net/http.(*conn).serve", "server.go", 1))
    stack = (Frame("main.audit", "main.go", 20),)
    text = write_debug2(
        Goroutine(number, "sleep", stack, created_by=stack[0], ancestors=(Ancestor(maker, of),))
        for number, maker, of in [(8, 4, served), (9, 5, stack)]
    )
    assert look(text).served == {4}
