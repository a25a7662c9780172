"""A cancel function that nobody has is reported; the fix defers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint._programs import go_function
from lint._vet import fixed, vet
from lint._wanted import go, go_findings

HEAD = """
package p

import (
    "context"

    "time"
)
"""


def function(code: str, name: str = "find") -> None:
    """Hold a function of the statements ``code``."""
    go("SN204", f"{HEAD}\nfunc (s *T) {name}(ctx context.Context) {{\n{code}\n}}\n")


@pytest.mark.parametrize(
    "code",
    [
        "c, _ := context.WithCancel(ctx) // want\n s.ask(c)",
        "ctx, _ = context.WithTimeout(ctx, time.Second) // want\n s.ask(ctx)",
        "var c, _ = context.WithDeadline(ctx, t) // want\n s.ask(c)",
        "c, _ := context.WithCancelCause(context.Background()) // want\n go s.ask(c)",
        "go func() {\n c, _ := context.WithCancel(ctx) // want\n s.ask(c)\n }()",
        "c, cancel := context.WithCancel(ctx) // want\n _ = cancel\n s.ask(c)",
        "ctx, cancel := context.WithTimeout(ctx, time.Second) // want\n _ = cancel\n s.ask(ctx)",
        # Another one takes its place.
        (
            "c, cancel := context.WithCancel(ctx) // want\n if s.timeout > 0 {\n"
            " c, cancel = context.WithTimeout(ctx, s.timeout)\n }\n defer cancel()\n s.ask(c)"
        ),
        (
            "var cancel func()\n for {\n ctx, cancel = context.WithCancel(ctx) // want\n"
            " s.ask(ctx)\n }\n"
            " cancel()"
        ),
    ],
)
def test_one_that_nobody_has_is_reported(code: str) -> None:
    function(code)


@pytest.mark.parametrize(
    "code",
    [
        "c, cancel := context.WithCancel(ctx)\n defer cancel()\n s.ask(c)",
        "c, cancel := context.WithCancel(ctx)\n s.cancel = cancel\n s.ask(c)",
        "c, cancel := context.WithCancel(ctx)\n s.ask(c, cancel)",
        "c, cancel := context.WithCancel(ctx)\n go func() {\n defer cancel()\n s.ask(c)\n }()",
        "c := context.WithValue(ctx, 1, 2)\n s.ask(c)",
        "c, _ := other.WithTimeout(ctx)\n s.ask(c)",
        "c, _ := s.contexts()\n s.ask(c)",
        (
            "c, cancel := context.WithCancel(ctx)\n defer cancel()\n"
            " c, cancel = context.WithTimeout(c, 1)\n defer cancel()\n s.ask(c)"
        ),
        (
            "c, cancel := context.WithCancel(ctx)\n if x {\n cancel()\n"
            " c, cancel = context.WithTimeout(ctx, 1)\n }\n defer cancel()\n s.ask(c)"
        ),
        (
            "var c context.Context\n var cancel func()\n if x {\n"
            " c, cancel = context.WithCancel(ctx)\n"
            " } else {\n c, cancel = context.WithTimeout(ctx, 1)\n }\n defer cancel()\n s.ask(c)"
        ),
        (
            "var cancel func()\n for {\n ctx, cancel = context.WithCancel(ctx)\n s.ask(ctx)\n"
            " cancel()\n }"
        ),
        (
            "c, cancel := context.WithCancel(ctx)\n s.stop = append(s.stop, cancel)\n"
            " c, cancel = context.WithCancel(ctx)\n s.stop = append(s.stop, cancel)\n s.ask(c)"
        ),
        (
            "for range 3 {\n var cancel func()\n ctx, cancel = context.WithCancel(ctx)\n"
            " defer cancel()\n }"
        ),
        # Its parent is cancelled.
        (
            "c, cancel := context.WithCancelCause(ctx)\n defer cancel(nil)\n"
            " c, _ = context.WithTimeout(c, time.Second)\n s.ask(c)"
        ),
    ],
)
def test_one_that_somebody_has_is_not(code: str) -> None:
    function(code)


def test_what_main_makes_lives_as_long_as_the_process() -> None:
    code = "c, _ := context.WithCancel(context.Background())\n run(c)"
    go("SN204", go_function(HEAD, "main()", code))


@pytest.mark.parametrize(
    "code",
    [
        # The context is used for longer than the function runs.
        "func f() context.Context {\n c, _ := context.WithCancel(p)\n return c\n}",
        "func f() {\n c, _ := context.WithCancel(p)\n go run(c)\n}",
        "func f(s *T) {\n c, _ := context.WithCancel(p)\n s.ctx = c\n}",
        "func f(s *T) {\n s.ctx, _ = context.WithCancel(p)\n}",
        # What is deferred in a loop is done after it.
        "func f() {\n for {\n c, _ := context.WithCancel(p)\n run(c)\n }\n}",
        "func f() {\n for {\n c, stop := context.WithCancel(p)\n _ = stop\n run(c)\n }\n}",
        "func f() context.Context {\n c, stop := context.WithCancel(p)\n _ = stop\n return c\n}",
        "func f() {\n c, stop := context.WithCancel(p)\n _, _ = stop, x\n run(c)\n}",
        "func f() {\n c, stop := context.WithCancel(p)\n if x {\n _ = stop\n }\n run(c)\n}",
        # `:=` would make another one.
        "func f(c context.Context) {\n if x {\n c, _ = context.WithCancel(p)\n }\n run(c)\n}",
    ],
)
def test_there_is_no_fix_where_it_could_break_something(code: str) -> None:
    (found,) = go_findings("SN204", {"p/a.go": f"{HEAD}\n{code}\n"})
    assert found.fix is None


def test_a_name_that_is_taken_is_not_used() -> None:
    code = "func f(cancel int) {\n c, _ := context.WithCancel(p)\n run(c)\n}"
    after = fixed("SN204", f"{HEAD}\n{code}\n")
    assert " c, cancel2 := context.WithCancel(p)\n defer cancel2()\n" in after


def test_what_is_only_named_is_deferred() -> None:
    code = "func f() {\n c, stop := context.WithCancel(p)\n _ = stop\n run(c)\n}"
    after = fixed("SN204", f"{HEAD}\n{code}\n")
    assert " c, stop := context.WithCancel(p)\n defer stop()\n run(c)\n" in after


@pytest.mark.house
def test_the_fix_cancels_at_the_end(tmp_path: Path) -> None:
    programs = [
        """
        package p

        import (
            "context"
            "time"
        )

        func F(ctx context.Context, run func(context.Context)) {
            ctx, _ = context.WithTimeout(ctx, time.Second) // at most
            run(ctx)
        }

        func G(run func(context.Context)) {
            ctx, _ := context.WithCancel(context.Background())
            run(ctx)
        }
        """,
    ]
    (after,) = [fixed("SN204", each) for each in programs]
    assert (
        "ctx, cancel := context.WithTimeout(ctx, time.Second) // at most\n    defer cancel()\n"
        in after
    )
    vet(tmp_path, [after])
