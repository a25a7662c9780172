"""Timers that pile up are reported before Go 1.23; never later, and never where they end."""

from __future__ import annotations

from pathlib import Path

import pytest

from _go import go as run_go
from lint._vet import fixed
from lint._wanted import go, go_findings

OLD = (1, 22)
HEAD = """
package p

import (
    "context"
    "time"
)

func f(ctx context.Context, in chan int, stop chan bool)"""
PILED = [
    (
        "for {\n select {\n case x := <-in:\n use(x)\n case <-time.After(time.Minute): // want\n"
        " return\n }\n }"
    ),
    "for {\n select {\n case in <- 1:\n case <-time.After(time.Minute): // want\n use()\n }\n }",
    (
        "for x := range in {\n select {\n case <-time.After(time.Minute): // want\n"
        " case in <- x:\n }\n }"
    ),
]


@pytest.mark.parametrize("code", PILED)
def test_what_piles_up_is_reported(code: str) -> None:
    go("SN507", f"{HEAD} {{\n{code}\n}}\n", go=OLD)


@pytest.mark.parametrize("code", PILED)
def test_it_is_not_from_go_1_23_on(code: str) -> None:
    files = {"p/a.go": f"{HEAD} {{\n{code}\n}}\n"}
    assert go_findings("SN507", files, go=(1, 23)) == []
    assert go_findings("SN507", files, go=None) == []


@pytest.mark.parametrize(
    "code",
    [
        # Wrong claim 3: it ends after its time.
        "select {\n case <-time.After(time.Minute):\n case <-ctx.Done():\n }",
        (
            "for {\n select {\n case <-ctx.Done():\n return\n case <-time.After(time.Minute):\n"
            " use()\n }\n }"
        ),
        "for {\n select {\n case x := <-in:\n use(x)\n return\n case <-time.After(1):\n }\n }",
        "for {\n <-time.After(time.Minute)\n use()\n }",
        (
            "timeout := time.After(time.Minute)\n for {\n select {\n case <-in:\n"
            " case <-timeout:\n return\n"
            " }\n }"
        ),
    ],
)
def test_what_ends_by_itself_is_not(code: str) -> None:
    go("SN507", f"{HEAD} {{\n{code}\n}}\n", go=OLD)


def test_one_timer_is_made_before_the_loop() -> None:
    after = fixed("SN507", f"{HEAD} {{\n{PILED[0]}\n}}\n", go=OLD)
    assert "timer := time.NewTimer(0)\n<-timer.C // each turn starts it anew\nfor {\n" in after
    assert " timer.Reset(time.Minute)\n select {\n case x := <-in:\n" in after
    assert " case <-timer.C: // want\n return\n" in after


IN = "case x := <-in:\n use(x)\n"
AFTER = "case <-time.After(time.Minute):\n"


@pytest.mark.parametrize(
    "code",
    [
        # Whoever jumps would jump over the timer.
        f"again:\n for {{\n select {{\n {IN} {AFTER} }}\n goto again\n }}",
        # `break wait` would leave something else.
        f"for {{\nwait:\n select {{\n {IN} break wait\n {AFTER} }}\n }}",
        # There is no line to put it in.
        f"for {{ use(); select {{\n {IN} {AFTER} }}\n }}",
        f"use(); for {{\n select {{\n {IN} {AFTER} }}\n }}",
        f"for {{\n select {{\n case x := <-in: use(x)\n {AFTER} }}\n }}",
        f"for {{\n select {{\n case x := <-in /* why */ :\n use(x)\n {AFTER} }}\n }}",
        # The timer would run while another case finds out what it waits for.
        f"for {{\n select {{\n case in <- ask():\n {AFTER} }}\n }}",
        f"for {{\n select {{\n case <-watch(ctx):\n {AFTER} }}\n }}",
        f"for {{\n select {{\n case <-<-all:\n {AFTER} }}\n }}",
        # There is no loop to make it before.
        f"again:\n select {{\n {IN} goto again\n {AFTER} }}",
    ],
)
def test_where_it_is_not_sure_there_is_no_fix(code: str) -> None:
    (found,) = go_findings("SN507", {"p/a.go": f"{HEAD} {{\n{code}\n}}\n"}, go=OLD)
    assert found.fix is None


PROGRAM = """
package main

import "time"

func wait(in chan int, slow, pause time.Duration) (got, late int) {
    for got < 3 || late < 2 {
        select {
        case <-in:
            got++
            time.Sleep(slow)
        case <-time.After(pause):
            late++
        }
    }
    return got, late
}

func main() {
    in := make(chan int, 3)
    for i := range 3 {
        in <- i
    }
    // What is slow is so outside of the time that a turn has: none of these is late.
    begun := time.Now()
    got, late := wait(in, 60*time.Millisecond, 30*time.Millisecond)
    if got != 3 || late < 2 || time.Since(begun) < 240*time.Millisecond {
        panic("it is not what it was")
    }
}
"""


@pytest.mark.house
def test_the_program_does_the_same_as_before(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module p\n\ngo 1.22\n")
    (tmp_path / "main.go").write_text(fixed("SN507", PROGRAM, go=OLD))
    run_go("run", ".", cwd=tmp_path)
