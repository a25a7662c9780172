from __future__ import annotations

from doctor._dumps import GO, goroutine
from snowshed.doctor import load, look_at
from snowshed.doctor._in_turn import in_turn

DUMP = "debug2.txt"


def test_a_file_with_one_dump_is_one() -> None:
    for name in (DUMP, "panic.txt", "quit.txt", "logged.txt", "proto.pb.gz"):
        loaded = load(name, (GO / name).read_bytes())
        assert in_turn(loaded) == [loaded]


def test_what_was_appended_is_a_later_look() -> None:
    text = (GO / DUMP).read_bytes()
    whole = look_at(load("x", text))
    assert whole is not None
    parts = in_turn(load("x", b"SIGQUIT: quit\n\n" + text + b"\n" + text + b"\nexit status 2\n"))
    assert [part.source for part in parts] == ["x, dump 1 of 2", "x, dump 2 of 2"]
    looks = [look for part in parts if (look := look_at(part)) is not None]
    assert [look.groups for look in looks] == [whole.groups] * 2
    assert looks[-1].notes[-1] == "exit status 2"


def test_what_could_not_be_read_is_told_once() -> None:
    text = (
        goroutine(1, "running", "main.f:1")
        + "\n"
        + goroutine(2, "select", "main.g:2")
        + "main.h(\n"
    )
    parts = in_turn(load("x", f"{text}\n{text}".encode()))
    assert [len(part.warnings) for part in parts] == [1, 0]


def test_a_log_of_single_stacks_is_no_row_of_dumps() -> None:
    panics = [goroutine(number, "running", "main.f:1") for number in (8, 15, 8, 8, 15)]
    loaded = load("x", "\n".join(panics).encode())
    assert in_turn(loaded) == [loaded]


def test_what_a_crash_prints_of_its_threads_is_not_either() -> None:
    dump = [goroutine(number, "select", "main.f:1") for number in range(100)]
    threads = [goroutine(number, "running", "main.f:1") for number in (0, 5, 0, 6, 7)]
    loaded = load("x", "\n".join([*dump, *threads]).encode())
    assert in_turn(loaded) == [loaded]


def test_the_goroutine_of_a_thread_has_no_number_that_could_come_again() -> None:
    crash = [goroutine(number, "running", "main.f:1") for number in (0, 1, 2, 0, 3, 4)]
    loaded = load("x", "\n".join(crash).encode())
    assert in_turn(loaded) == [loaded]
