"""The graph of waits in words, and the words for places and times."""

from __future__ import annotations

from dataclasses import replace

import pytest

from _wait_graphs import ACQUIRE, HANDLER, RESERVE, lock, task
from snowshed.model import Frame, Resource
from snowshed.observe._waits import WaitGraph, duration, place_of
from snowshed.observe._waits._place import shown


class TestText:
    def test_a_cascade_behind_a_lock(self) -> None:
        line = [task(n, behind=lock(7), request="/", age=12.34) for n in range(4_810)]
        text = str(WaitGraph.of([*line, task(5_000, 3), task(5_001, 3), task(6_000)]))
        assert text.splitlines() == [
            "4,813 tasks: 4,812 waiting for a task or for something shared",
            "",
            "1. 4,812 tasks wait behind asyncio.Lock <Lock 7>",
            "   which task holds it is not known",
            "   the longest chain has 2 waits:",
            "   4,810 wait for it, such as T3 [lock] at app/stock.py:31 reserve, for /, 12 s old",
            "   2 wait for it, such as T5001 [await task] at app/stock.py:31 reserve",
        ]

    def test_a_cascade_behind_the_holder_of_a_lock(self) -> None:
        text = str(WaitGraph.of([task(1), task(2, behind=lock(7))], holders={7: [1]}))
        assert text.splitlines()[2:] == [
            "1. 1 task waits behind T1 [sleep] at app/stock.py:31 reserve",
            "   the longest chain has 2 waits:",
            "   it holds asyncio.Lock <Lock 7>",
            "   1 waits for it: T2 [lock] at app/stock.py:31 reserve",
        ]

    def test_a_lock_with_somebody_who_may_hold_it(self) -> None:
        further = Frame("reserve", "/srv/app/stock.py", 33)
        line = [task(1, behind=lock(7)), task(2, stack=[further]), task(3, stack=[further])]
        assert str(WaitGraph.of(line)).splitlines()[3:] == [
            "   perhaps held by T2 [sleep] at app/stock.py:33 reserve, or by 1 other like it",
            "   1 waits for it: T1 [lock] at app/stock.py:31 reserve",
        ]

    def test_a_kind_is_not_said_twice(self) -> None:
        event = Resource(7, "asyncio.Event", "<asyncio.Event unset>", 1)
        text = str(WaitGraph.of([task(1, behind=event)]))
        assert "waits behind <asyncio.Event unset>" in text

    def test_a_name_cannot_write_lines_of_its_own_nor_steer_a_terminal(self) -> None:
        odd = replace(task(1, behind=lock(7)), name="T\nDEADLOCK\x1b[2J\ud800é")
        event = Resource(8, "Odd\r", "", 1)
        text = str(WaitGraph.of([odd, task(2, behind=event)]))
        assert r"1 waits for it: T\nDEADLOCK\x1b[2J\ud800é [lock] at" in text
        assert r"waits behind Odd\r" in text
        assert text.replace("\n", "").isprintable()

    def test_many_alike(self) -> None:
        queue = [Resource(each, "asyncio.Queue", "", 1) for each in range(3)]
        text = str(WaitGraph.of([task(each.id, behind=each) for each in queue]))
        assert text.splitlines()[2:] == [
            "1. 3 tasks wait behind 3 alike, such as asyncio.Queue",
            "   1 waits for it: T0 [lock] at app/stock.py:31 reserve",
        ]

    def test_a_deadlock_through_locks(self) -> None:
        tasks = [task(1, behind=lock(8)), task(2, behind=lock(9)), task(3, 1)]
        text = str(WaitGraph.of(tasks, holders={8: [2], 9: [1]}))
        assert text.splitlines()[1:] == [
            "",
            "DEADLOCK: 2 tasks wait for each other for ever; 1 task behind",
            "   T1 [lock] at app/stock.py:31 reserve",
            "   waits for asyncio.Lock <Lock 8>",
            "   held by T2 [lock] at app/stock.py:31 reserve",
            "   waits for asyncio.Lock <Lock 9>",
            "   held by the first",
        ]

    def test_an_await_cycle_of_one(self) -> None:
        assert str(WaitGraph.of([task(1, 1)])).splitlines()[2:] == [
            "AWAIT CYCLE: 1 task waits for itself for ever",
            "   T1 [await task] at app/stock.py:31 reserve",
            "   waits for itself",
        ]

    def test_long_ones_show_their_ends(self) -> None:
        names = [f"   T{n} [await task] at app/stock.py:31 reserve" for n in range(30)]
        ring = str(WaitGraph.of([task(each, (each + 1) % 30) for each in range(30)])).splitlines()
        assert ring[8:10] == ["   ... 22 more ...", names[27]]
        chain = str(WaitGraph.of([task(each, each + 1) for each in range(30)])).splitlines()
        assert chain[-4:-2] == ["   ... 22 more ...", names[2]]

    def test_what_is_left_out_is_said(self) -> None:
        lines = [task(20 * each + i, behind=lock(each)) for each in range(7) for i in range(12)]
        rings = [task(9_000 + 2 * n + i, 9_001 + 2 * n - i) for n in range(7) for i in (0, 1)]
        text = str(WaitGraph.of([*lines, *rings], top=3))
        assert "\nand 4 more deadlocks\n" in text
        assert text.endswith("\nand 4 more heads of shorter lines")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2504, "250 ms"), (1, "1.0 s"), (42.4, "42 s"), (300, "5 min"), (9_000, "2 h")],
)
def test_a_duration_has_the_unit_that_fits_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_task_stands_where_its_own_code_does() -> None:
    assert place_of(task(1)) == RESERVE
    assert place_of(task(1, stack=[ACQUIRE])) == ACQUIRE
    assert place_of(task(1, stack=[])) == HANDLER


def test_a_place_without_a_file_is_its_function() -> None:
    assert shown(Frame("select", "", 0)) == "select"
    assert shown(RESERVE) == "app/stock.py:31 reserve"
    assert shown(Frame("main", "/app.py", 1)) == "/app.py:1 main"
    assert shown(Frame("main", "app.py", 1)) == "app.py:1 main"
