"""Loops that are told to stop, and do not hear it."""

from __future__ import annotations

import pytest

from lint._wanted import go

RULE = "SN323"
WATCH = """
package p

import "time"

type box struct{ stop chan struct{} }

func (b *box) Watch(tick *time.Ticker, next func() (int, error)) (<-chan int, <-chan error) {
    found, errs := make(chan int), make(chan error)
    go func() {
        defer close(found)
        for {
            select {
            case <-b.stop:
                return
            case <-tick.C:
                n, err := next()
                if err != nil {
                    errs <- err // want
                    continue
                }
                found <- n // want
            }
        }
    }()
    return found, errs
}
"""


def test_channels_that_callers_get() -> None:
    found = go(RULE, WATCH)
    assert found[0].message == (
        "`errs <- err` does not listen to `<-b.stop`, by which its loop is told to stop"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("make(chan int), make(chan error)", "make(chan int, 1), make(chan error, 1)"),
        ("<-b.stop:", "<-b.news:"),
        ("return\n            case", "println()\n            case"),
        ("        for {\n", "        {\n"),
        ("(<-chan int, <-chan error)", "(a, b any)"),
    ],
    ids=["places", "no stop", "goes on", "no loop", "anybody"],
)
def test_what_is_well(old: str, new: str) -> None:
    code = WATCH.replace(old, new)
    assert code != WATCH
    if "any" not in new:
        code = code.replace("// want", "")
    go(RULE, code)


def test_a_parameter() -> None:
    go(
        RULE,
        """
        package p

        import "context"

        func Run(ctx context.Context, up chan<- int, next func() int) {
            for {
                up <- next() // want
                select {
                case <-ctx.Done():
                    return
                default:
                }
            }
        }
        """,
    )


def test_a_field_of_another_package() -> None:
    go(
        RULE,
        """
        package p

        import "example.com/logger"

        func follow(w *logger.Watcher, done chan int, next func() string) {
            for {
                select {
                case <-done:
                    return
                default:
                }
                w.Lines <- next() // want
            }
        }
        """,
    )


def test_a_reply_is_taken_by_who_asked() -> None:
    go(
        RULE,
        """
        package p

        func serve(asked chan chan int, quit chan int) {
            for {
                select {
                case reply := <-asked:
                    reply <- 1
                case <-quit:
                    return
                }
            }
        }
        """,
    )


def test_one_that_the_package_receives_from() -> None:
    go(
        RULE,
        """
        package p

        func all(quit chan int) int {
            found := make(chan int)
            go send(found, quit)
            sum := 0
            for n := range found {
                sum += n
            }
            return sum
        }

        func send(to chan int, quit chan int) {
            for {
                to <- 1
                select {
                case <-quit:
                    close(to)
                    return
                default:
                }
            }
        }
        """,
    )


HELPER = """
package p

import "context"

type loop struct{{ ctx context.Context }}

func (l *loop) run(failed chan<- error) {{
    for {{
        l.once(failed)
        select {{
        case <-l.ctx.Done():
            return
        default:
        }}
    }}
}}

func (l *loop) once(failed chan<- error) {{
    {sent}
}}
{more}
"""
SENT = "failed <- nil"


@pytest.mark.parametrize(
    ("sent", "more"),
    [
        (f"{SENT} // want", ""),
        ("select {\ncase failed <- nil:\ncase <-l.ctx.Done():\n}", ""),
        (SENT, "func (l *loop) now(failed chan<- error) { l.once(failed) }"),
    ],
    ids=["of a loop", "that listens", "of another, too"],
)
def test_a_send_in_what_the_loop_calls(sent: str, more: str) -> None:
    go(RULE, HELPER.format(sent=sent, more=more))
