from __future__ import annotations

import pytest

from doctor._dumps import GO, case, goroutine
from snowshed.doctor import load, look_at
from snowshed.doctor._case import Case
from snowshed.doctor._looks import MEMBERS_AT_MOST
from snowshed.doctor.causes._waits import (
    awaited,
    orphans,
    said_of_orphans,
    stands_in_program,
)


def made_by(number: int, parent: int) -> str:
    return goroutine(
        number, "chan send", "main.notify:5", created=f"main.bill in goroutine {parent}"
    )


def test_orphans_are_those_whose_maker_is_not_in_the_list() -> None:
    found = case(goroutine(1, "running", "main.main:1", created=""), *map(made_by, (2, 3), (1, 99)))
    (senders,) = (group for group in found.groups if group.where.state == "chan send")
    assert orphans(found, senders) == 1
    assert said_of_orphans(found, senders)[0].startswith("who made it has ended: ")


def test_who_is_not_listed_is_not_missed() -> None:
    look = look_at(load("proto", (GO / "proto.pb.gz").read_bytes()))
    assert look is not None
    found = Case([look])
    assert {orphans(found, group) for group in found.groups} == {0}
    assert said_of_orphans(found, found.groups[0]) == ()


@pytest.mark.parametrize(
    ("calls", "file", "expected"),
    [
        (["main.notify:5"], "/srv/main.go", True),
        (["sync.(*WaitGroup).Wait:46", "main.notify:5"], "/srv/main.go", True),
        (["github.com/x/y.wait:46", "main.notify:5"], "/home/u/go/pkg/mod/x.go", False),
        (["net/http.(*conn).serve:46"], "/usr/local/go/src/net/http/server.go", False),
        (["testing.(*T).Run:46", "main.main:7"], "_testmain.go", False),
        (["sync.(*Once).doSlow:46", "main.main:7"], "/srv/main.go", True),
    ],
)
def test_the_wait_is_the_programs_if_no_library_stands_between(
    calls: list[str], file: str, expected: bool
) -> None:
    (group,) = case(goroutine(2, "chan receive", *calls, file=file)).groups
    assert stands_in_program(group) is expected


def test_all_orphans_of_a_large_group_are_counted() -> None:
    dump = [goroutine(1, "running", "main.main:1", created="")]
    dump += [
        goroutine(n, "chan send", "main.notify:5", created=f"main.f in goroutine {n % 2 + 1}")
        for n in range(10, 10 + 4 * MEMBERS_AT_MOST)
    ]
    found = case(*dump)
    (group,) = (each for each in found.groups if each.count > 1)
    assert orphans(found, group) == 2 * MEMBERS_AT_MOST


@pytest.mark.parametrize(
    ("maker", "expected"),
    [
        (goroutine(9, "sync.WaitGroup.Wait", "sync.(*WaitGroup).Wait:1", "main.all:7"), True),
        (goroutine(9, "semacquire", "sync.(*WaitGroup).Wait:1", "main.all:7"), True),
        (goroutine(9, "select", "main.serve:7"), False),
        (goroutine(8, "sync.WaitGroup.Wait", "main.all:7"), False),
    ],
)
def test_they_are_awaited_if_each_of_their_makers_waits_for_its_group(
    maker: str, expected: bool
) -> None:
    found = case(maker, made_by(2, 9), made_by(3, 9))
    (group,) = (each for each in found.groups if each.where.state == "chan send")
    assert awaited(found, group) is expected
