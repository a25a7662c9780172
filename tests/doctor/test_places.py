from __future__ import annotations

from doctor._dumps import goroutine, look
from snowshed.doctor import Group, Look
from snowshed.doctor._looks import MEMBERS_AT_MOST
from snowshed.doctor._places import Places, how_many
from snowshed.formats.goroutines import write_debug2
from snowshed.model import Frame, Goroutine

STACK = (Frame("main.notify", "/srv/shop/main.go", 5),)
PYTHON = (Frame("order", "/srv/shop/app.py", 9),)


def stuck(ids: range) -> Look:
    return look(write_debug2(Goroutine(number, "chan send", STACK) for number in ids))


def test_all_are_found_again_also_those_that_are_not_kept_one_by_one() -> None:
    many = 3 * MEMBERS_AT_MOST
    before, now = stuck(range(1, many)), stuck(range(many // 2, 2 * many))
    (group,) = now.groups
    still = Places(before).still((group,), group.where)
    assert still == set(range(many // 2, many))
    assert how_many((group,)) == group.count


def test_who_stands_elsewhere_is_not_found() -> None:
    now = look(goroutine(2, "chan send", "main.notify:5"), goroutine(3, "sleep", "main.wait:9"))
    before = Places(
        look(goroutine(2, "sleep", "main.wait:9"), goroutine(3, "sleep", "main.wait:9"))
    )
    found = {group.where.state: before.still((group,), group.where) for group in now.groups}
    assert found == {"chan send": set(), "sleep": {3}}


def tasks(**names: int) -> Look:
    return look(
        write_debug2(
            Goroutine(id_, "lock", PYTHON, labels=(("kind", "task"), ("name", name)))
            for name, id_ in names.items()
        )
    )


def test_a_task_of_python_has_to_have_its_name_too() -> None:
    before, now = tasks(first=7, second=8), tasks(first=7, third=8)
    (group,) = now.groups
    assert Places(before).still((group,), group.where) == {7}
    assert how_many(Places(before).at(group.where)) == 2


def test_nobody_stands_where_nobody_stood() -> None:
    (group,) = stuck(range(1, 5)).groups
    empty = Places(look(goroutine(9, "sleep", "main.wait:9")))
    assert empty.at(group.where) == ()
    assert empty.still((group,), group.where) == set()
    assert how_many(()) == 0


def test_members_are_enough_where_a_group_was_made_by_hand() -> None:
    (group,) = stuck(range(1, 5)).groups
    by_hand = Group(group.where, group.state, group.stack, members=group.members)
    assert Places(Look("by hand", (by_hand,))).still((group,), group.where) == {1, 2, 3, 4}
