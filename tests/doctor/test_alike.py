from __future__ import annotations

from snowshed.doctor._alike import NOT_TOLD, Alike, alike_in
from snowshed.model import Frame, Goroutine

STACK = (Frame("main.notify", "/srv/shop/main.go", 5),)
LINE = Frame("main.serve", "/srv/shop/main.go", 10)


def test_those_with_the_same_state_stack_and_creator_are_kept_together() -> None:
    found = alike_in(
        [
            Goroutine(7, "chan send", STACK, created_by=LINE, parent=1),
            Goroutine(8, "chan send", STACK, created_by=LINE, parent=2),
            Goroutine(9, "sleep", STACK, created_by=LINE, parent=2),
            Goroutine(10, "chan send", STACK, created_by=None),
        ]
    )
    assert [(each.state, [*each.ids], [*each.parents]) for each in found] == [
        ("chan send", [7, 8], [1, 2]),
        ("sleep", [9], [2]),
        ("chan send", [10], [NOT_TOLD]),
    ]


def test_a_million_are_16_mb() -> None:
    alike = Alike("chan send", STACK, LINE)
    for number in range(1000):
        alike.add(number, 1)
    assert alike.ids.itemsize + alike.parents.itemsize == 16
    assert len(alike.ids) == len(alike.parents) == 1000


def test_numbers_that_are_none_of_go_break_nothing() -> None:
    alike = Alike("chan send", STACK, LINE)
    alike.add(10**19 - 1, 10**30)
    alike.add(-1, -5)
    assert alike.ids[0] == 10**19 - 1
    assert len(alike.parents) == 2
