from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lint._told import LEAK, OTHER, PATH, SPAWN
from snowshed.lint import Finding, Span
from snowshed.lint._dump import Dump, Stood
from snowshed.lint._joined import Joined, Waiting
from snowshed.lint._waiting import joined
from snowshed.model import Frame

BUILT = "/build/17/src/example.com/pay/billing/notify.go"
SEND = Frame("example.com/pay/billing.notify.func1", BUILT, 6)
WG = Frame("sync.(*WaitGroup).Wait", "/usr/go/src/sync/waitgroup.go", 118)
GO_LINE = Frame("example.com/pay/billing.notify", BUILT, 5)


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the paths of the findings be below a folder that has nothing to do with the build."""
    (tmp_path / "pay").mkdir()
    monkeypatch.chdir(tmp_path / "pay")


def stood(
    *frames: Frame, count: int = 1, state: str = "chan send", by: Frame | None = None
) -> Dump:
    return Dump("now", (Stood(count, state, frames, by),))


def of(finding: Finding, *dumps: Dump, others: tuple[Finding, ...] = ()) -> Waiting | None:
    return joined([finding, *others], dumps).waiting.get(finding)


def test_who_waits_on_the_line_is_counted_in_all_dumps() -> None:
    found = of(LEAK, stood(SEND, count=4000), stood(WG, SEND, count=812, state="x"))
    assert found == Waiting(here=4812, state="chan send", lines=((6, 4812),))


@pytest.mark.parametrize(
    "file",
    [
        "/home/me/billing/notify.go",
        "example.com/pay/billing/notify.go",
        "billing/notify.go",
        "./notify.go",
        "D:\\src\\billing\\notify.go",
    ],
)
def test_it_does_not_matter_where_the_service_was_built(file: str) -> None:
    assert of(LEAK, stood(replace(SEND, file=file))) is not None


@pytest.mark.parametrize("path", ["./billing/notify.go", "../pay/billing/notify.go", BUILT])
def test_nor_how_lint_was_called(path: str) -> None:
    finding = replace(LEAK, path=path, related=())
    assert of(finding, stood(SEND)) is not None


@pytest.mark.parametrize(
    "frame",
    [
        replace(SEND, line=7),
        replace(SEND, file="/build/billing/other.go"),
        replace(SEND, function="example.com/pay/billing.other.func1"),
        replace(SEND, file="/root/go/pkg/mod/example.com/pay@v1.2.3/billing/notify.go"),
        replace(SEND, file="/build/vendor/example.com/pay/billing/notify.go"),
        replace(SEND, file=""),
    ],
)
def test_another_line_file_or_function_is_another_place(frame: Frame) -> None:
    assert of(LEAK, stood(frame)) is None


@pytest.mark.parametrize(
    ("called", "function"),
    [
        ("main.notify", "notify"),
        ("main.notify.func1.2", "notify"),
        ("main.notify.gowrap1", "notify"),
        ("main.main.notify.func1", "notify"),
        ("a/b%2ec.(*Server).handle", "(*Server).handle"),
        ("a/b.(*Server).handle.func1", "Server.handle"),
        ("a/b.Server.handle", "(Server).handle"),
        ("a/b.(*Pool[...]).get", "(*Pool[T]).get"),
        ("a/b.Map[go.shape.int,map[string]go.shape.int]", "Map"),
        ("a/b.(*Server).handle-fm", "(*Server).handle"),
        ("anything", ""),
    ],
)
def test_functions_are_called_differently_in_a_dump(called: str, function: str) -> None:
    finding = replace(LEAK, function=function)
    assert of(finding, stood(replace(SEND, function=called))) is not None


@pytest.mark.parametrize(
    ("called", "function"),
    [
        ("shop.app.handler", "handler"),
        ("__main__.handler.<locals>.one", "handler"),
        ("shop.app.Shop.handler", "Shop.handler"),
        ("handler", "handler"),
    ],
)
def test_functions_of_python_are_known_by_their_names(called: str, function: str) -> None:
    frame = Frame(called, "/srv/shop/app.py", 2)
    finding = replace(SPAWN, function=function)
    assert of(finding, stood(frame, state="sleep")) is not None
    assert of(replace(SPAWN, function="other"), stood(frame)) is None


def test_the_file_with_the_longest_common_end_is_meant() -> None:
    other = replace(LEAK, path="cmd/notify.go", related=())
    both = joined([LEAK, other], [stood(SEND, count=3)])
    assert (list(both.waiting), both.total) == ([LEAK], 3)
    unknown = replace(SEND, file="/elsewhere/notify.go")
    assert joined([LEAK, other], [stood(unknown)]) == Joined(inside=(0,))


def test_the_line_that_they_wait_at_may_be_another_than_that_of_the_finding() -> None:
    finding = replace(LEAK, waits_at=(30, 31))
    found = of(finding, stood(replace(SEND, line=31), count=3), stood(SEND))
    assert found == Waiting(here=3, state="chan send", lines=((31, 3),))


def test_a_finding_of_several_lines_has_them_all() -> None:
    finding = replace(LEAK, span=Span(5, 1, 7, 2), related=())
    found = of(finding, stood(SEND, GO_LINE), stood(replace(SEND, line=7), count=2))
    assert found == Waiting(here=3, state="chan send", lines=((7, 2), (6, 1)))


def test_who_waits_at_a_related_line_counts_apart() -> None:
    related = replace(SEND, function="example.com/pay/billing.anything", line=11)
    assert of(LEAK, stood(related, count=5)) == Waiting(related=5, state="chan send")
    # A task counts once, for the surest.
    assert of(LEAK, stood(related, SEND, count=5)) == Waiting(
        here=5, state="chan send", lines=((6, 5),)
    )


def test_who_was_started_there_counts_apart_and_whatever_it_does() -> None:
    finding = replace(LEAK, span=Span(5, 2, 5, 9), related=())
    elsewhere = Frame("main.call", "/build/call.go", 9)
    found = of(
        finding,
        stood(elsewhere, count=3, state="IO wait", by=GO_LINE),
        stood(elsewhere, count=2, state="running", by=GO_LINE),
        stood(elsewhere, by=replace(GO_LINE, line=4)),
    )
    assert found == Waiting(created=5, state="IO wait")
    assert found.total == 5


@pytest.mark.parametrize("state", ["running", "runnable", "ready", "done"])
def test_who_runs_does_not_wait(state: str) -> None:
    assert of(LEAK, stood(SEND, state=state)) is None


@pytest.mark.parametrize("state", ["", "syscall", "select", "sync.Mutex.Lock", "of later"])
def test_who_does_anything_else_does(state: str) -> None:
    assert of(LEAK, stood(SEND, state=state)) is not None


def test_a_closure_that_waits_again_in_the_same_function_counts_once() -> None:
    assert of(LEAK, stood(SEND, SEND, count=2)) == Waiting(
        here=2, state="chan send", lines=((6, 2),)
    )


def test_nobody_is_nothing() -> None:
    assert joined([LEAK, SPAWN], [Dump("now", ())]) == Joined(inside=(0,))
    assert joined([], [stood(SEND)]) == Joined(inside=(0,))


def test_a_task_that_has_to_do_with_two_findings_is_one_task() -> None:
    spawn = replace(LEAK, rule="SN101", span=Span(5, 2, 7, 5), related=())
    found = joined([LEAK, spawn], [stood(SEND, count=3)])
    assert [each.total for each in found.waiting.values()] == [3, 3]
    assert found.groups == {frozenset({LEAK, spawn}): 3}
    assert found.total == 3


def test_a_file_in_which_nothing_was_found_is_meant_where_it_is_nearer() -> None:
    elsewhere = stood(replace(SEND, file="/build/17/src/example.com/pay/ship/notify.go"))
    assert joined([LEAK], [elsewhere]).total == 1
    found = joined([LEAK], [elsewhere], [PATH, "ship/notify.go"])
    assert (found.total, found.inside) == (0, (1,))


def test_of_each_dump_is_counted_who_is_in_a_file_that_was_looked_at() -> None:
    here = stood(WG, replace(SEND, line=99), count=4)
    there = stood(WG, Frame("main.main", "/srv/other/main.go", 3), count=5)
    assert joined([], [here, there, here], [PATH]).inside == (4, 0, 4)


def test_these_are_of_two_languages() -> None:
    assert {LEAK.path, SPAWN.path} == {PATH, OTHER}
