"""A ticker that is left ticking is reported before Go 1.23; never later."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._vet import fixed, vet
from lint._wanted import go, go_findings

OLD = (1, 22)
HEAD = '\npackage p\n\nimport "time"\n\nfunc (t *T) f(ready func() bool)'
LEFT = [
    "ticker := time.NewTicker(time.Second) // want\n for !ready() {\n <-ticker.C\n }",
    "for range time.NewTicker(time.Second).C { // want advice\n if ready() {\n return\n }\n }",
    "for range time.Tick(time.Second) { // want advice\n if ready() {\n return\n }\n }",
    ("ticker := time.NewTicker(1) // want\n ticker.Reset(2)\n select {\n case <-ticker.C:\n }"),
    (
        "ticker := time.NewTicker(time.Second) // want advice\n"
        " for {\n select {\n case <-ticker.C:\n if ready() {\n return\n }\n }\n }"
    ),
    "tick := time.Tick(time.Second) // want\n <-tick",
    # One more in each turn, also of a function that does not return.
    "for {\n <-time.Tick(time.Second) // want\n }",
    "for {\n ticker := time.NewTicker(time.Second) // want\n <-ticker.C\n }",
    "func() {\n ticker := time.NewTicker(time.Second) // want\n <-ticker.C\n }()",
]


@pytest.mark.parametrize("code", LEFT)
def test_one_that_is_left_is_reported(code: str) -> None:
    go("SN506", f"{HEAD} {{\n{code}\n}}\n", go=OLD)


@pytest.mark.parametrize("code", LEFT)
def test_it_is_not_from_go_1_23_on(code: str) -> None:
    files = {"p/a.go": f"{HEAD} {{\n{code}\n}}\n"}
    assert go_findings("SN506", files, go=(1, 23)) == []
    assert go_findings("SN506", files, go=None) == []


@pytest.mark.parametrize(
    "code",
    [
        "ticker := time.NewTicker(time.Second)\n defer ticker.Stop()\n <-ticker.C",
        "ticker := time.NewTicker(time.Second)\n defer func() { ticker.Stop() }()\n <-ticker.C",
        "ticker := time.NewTicker(time.Second)\n for {\n <-ticker.C\n }",
        "for range time.Tick(time.Second) {\n use()\n }\n for {\n }",
        "tick := time.Tick(time.Second)\n for {\n <-tick\n }",
        "t.ticker = time.NewTicker(time.Second)",
        "ticker := time.NewTicker(time.Second)\n t.ticker = ticker",
        "ticker := time.NewTicker(time.Second)\n t.run(ticker)",
        "return time.NewTicker(time.Second)",
    ],
)
def test_one_that_is_stopped_kept_or_needed_for_ever_is_not(code: str) -> None:
    go("SN506", f"{HEAD} {{\n{code}\n}}\n", go=OLD)


def test_what_main_makes_lives_as_long_as_the_process() -> None:
    code = 'package main\nimport "time"\nfunc main() {\n t := time.NewTicker(1)\n <-t.C\n}\n'
    go("SN506", code, go=OLD)


@pytest.mark.house
def test_the_fix_stops_it_at_the_end(tmp_path: Path) -> None:
    after = fixed(
        "SN506",
        """
        package p

        import "time"

        func F(ready func() bool) {
            ticker := time.NewTicker(time.Second) // each second
            for !ready() {
                <-ticker.C
            }
        }
        """,
        go=OLD,
    )
    assert "// each second\n    defer ticker.Stop()\n" in after
    vet(tmp_path, [after], go=OLD)


@pytest.mark.parametrize(
    "code",
    [
        # Of nothing `time.Tick` makes none, and `time.NewTicker` panics.
        "for range time.Tick(d) {\n if ready() {\n return\n }\n }",
        "for range time.Tick(0) {\n if ready() {\n return\n }\n }",
        # Stopped at the end of the function, each turn would leave one.
        "for !ready() {\n <-time.Tick(time.Second)\n }",
        "for !ready() {\n ticker := time.NewTicker(time.Second)\n <-ticker.C\n }",
        # There is no line to put it in.
        "select {\n case <-time.Tick(time.Second):\n }",
        "ready(); <-time.Tick(time.Second)",
        "if <-time.Tick(time.Second); ready() {\n }",
    ],
)
def test_where_it_is_not_sure_there_is_no_fix(code: str) -> None:
    (found,) = go_findings("SN506", {"p/a.go": f"{HEAD} {{\n{code}\n}}\n"}, go=OLD)
    assert found.fix is None


def test_the_fix_makes_a_ticker_that_can_be_stopped() -> None:
    code = "for range time.Tick(2 * time.Second) {\n if ready() {\n return\n }\n }"
    after = fixed("SN506", f"{HEAD} {{\n{code}\n}}\n", go=OLD)
    made = "ticker := time.NewTicker(2 * time.Second)\ndefer ticker.Stop()\nfor range ticker.C {\n"
    assert made in after
