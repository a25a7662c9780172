"""Timers that pile up are reported before Go 1.23; never later, and never where they end."""

from __future__ import annotations

import pytest

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
