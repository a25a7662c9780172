"""Tables as profiles: what stands in them, and that others read the same."""

from __future__ import annotations

import pytest

from snowshed.formats import pprof
from snowshed.model import Frame, TaskState, ValueType
from snowshed.observe._sampler._aggregate import OTHERS, Key, Table
from snowshed.observe._sampler._export import (
    BLOCKING,
    Exporter,
    Span,
    Window,
    block_profile,
    cpu_profile,
    wall_profile,
)
from snowshed.observe._upload._upload import Packet, Uploader

ACQUIRE = Frame("Lock.acquire", "/lib/asyncio/locks.py", 113)
WORK = Frame("work", "shop.py", 17)
MADE = Frame("main", "shop.py", 40)
SPAN = Span(1_700_000_000.0, 1_700_000_015.0, 0.02)
LOCK = Key((ACQUIRE, WORK), TaskState.LOCK, MADE, "user", "GET /prices")
SLEEP = Key((WORK,), TaskState.SLEEP)


def table() -> Table:
    table = Table()
    table.add(LOCK, 150.0, 3.0, 3)
    table.add(SLEEP, 50.4, 1.008)
    return table


def test_a_wall_profile_tells_how_many_and_how_long_with_few_labels() -> None:
    profile = wall_profile(table().rows(), SPAN)
    assert profile.sample_types == (ValueType("samples", "count"), ValueType("wall", "nanoseconds"))
    lock, sleep = profile.samples
    assert (lock.stack, lock.values) == ((ACQUIRE, WORK), (150, 3_000_000_000))
    assert dict(lock.labels) == {
        "kind": "task",
        "state": "lock",
        "created_by": "shop.py:40 main",
        "owner": "user",
        "request": "GET /prices",
    }
    assert sleep.values == (50, 1_008_000_000)
    assert dict(sleep.labels) == {"kind": "task", "state": "sleep", "owner": "user"}
    assert (profile.period_type, profile.period) == (ValueType("wall", "nanoseconds"), 20_000_000)
    assert profile.time_nanos == 1_700_000_000 * 10**9
    assert profile.duration_nanos == 15 * 10**9
    assert profile.default_sample_type == "wall"


def test_exact_totals_are_told_beside_the_estimates() -> None:
    live = {Frame("f", "a.py", number): number for number in range(30)}
    profile = wall_profile(table().rows(), SPAN, live)
    assert profile.comments[:2] == (f"live tasks: {sum(range(30))}", "live 29: a.py:29 f")
    assert len(profile.comments) == 21
    assert wall_profile(table().rows(), SPAN, {}).comments == ()


def test_a_block_profile_has_those_that_wait_for_each_other_and_the_names_of_go() -> None:
    profile = block_profile(table().rows(), SPAN)
    assert [each.type for each in profile.sample_types] == ["contentions", "delay"]
    [lock] = profile.samples
    assert (lock.values, lock.labels) == ((150, 3_000_000_000), (("state", "lock"),))
    assert profile.period_type == ValueType("contentions", "count")
    assert profile.period == 1


@pytest.mark.parametrize(
    "state", [TaskState.RUNNING, TaskState.READY, TaskState.SLEEP, TaskState.SOCKET]
)
def test_who_works_or_waits_for_the_world_is_not_blocked(state: TaskState) -> None:
    assert state not in BLOCKING


def test_a_cpu_profile_tells_the_thread_the_task_and_the_request() -> None:
    cpu = Table()
    cpu.add(Key((WORK,), "shop.work", None, "MainThread", "GET /", "thread"), 2, 0.02)
    cpu.add(Key((ACQUIRE,), "", None, "ThreadPoolExecutor", "", "thread"), 1, 0.01)
    profile = cpu_profile(cpu.rows(), SPAN)
    assert [each.type for each in profile.sample_types] == ["samples", "cpu"]
    first, second = profile.samples
    assert first.values == (2, 20_000_000)
    assert first.labels == (("thread", "MainThread"), ("task", "shop.work"), ("request", "GET /"))
    assert second.labels == (("thread", "ThreadPoolExecutor"),)


def test_what_rounds_to_nothing_is_left_out_and_what_had_no_place_is_not() -> None:
    small = Table(most=1)
    small.add(SLEEP, 0.0, 0.0)
    small.add(LOCK, 50.0, 1.0)
    [others] = wall_profile(small.rows(), SPAN).samples
    assert others.stack == OTHERS.stack
    assert others.values == (50, 10**9)


class Target:
    def __init__(self) -> None:
        self.got: list[Packet] = []

    def send(self, packet: Packet) -> None:
        self.got.append(packet)

    def rest(self) -> None:
        pass


def exported(content: Table) -> list[Packet]:
    target = Target()
    uploader = Uploader(target)
    Exporter(uploader)(Window(content, SPAN, {MADE: 7}))
    uploader.step(0.0)
    assert uploader.statistics().failed == 0
    return target.got


def test_a_window_is_sent_as_profiles_that_can_be_read_again() -> None:
    wall, block = exported(table())
    assert (wall.kind, block.kind) == ("wall", "block")
    assert (wall.began, wall.ended) == (SPAN.began, SPAN.ended)
    read = pprof.read(wall.body)
    assert read.samples == wall_profile(table().rows(), SPAN).samples
    assert read.comments == ("live tasks: 7", "live 7: shop.py:40 main")
    assert pprof.read(block.body).samples == block_profile(table().rows(), SPAN).samples


def test_nothing_is_sent_of_which_there_is_nothing() -> None:
    assert exported(Table()) == []
    only = Table()
    only.add(SLEEP, 50, 1.0)
    [packet] = exported(only)
    assert packet.kind == "wall"
